/** The engine for `template_engine: python`: the user's own `python3` with jinja2, for templates that need all of Jinja2. */
import { Float, isVariables, pairsOf, Timestamp, type Value } from "../../plan/values.js";
import { openCoprocess, Unanswered } from "../../system/processes/coprocess.js";
import { absence } from "../absence.js";
import { type Compile, TemplateError } from "../engine.js";
import { PYTHON_SCRIPT } from "./script.js";

/** Compiles nothing: Python first sees a template when a run renders it, and reports all mistakes then. */
export const compilePython: Compile = (text, options) => {
  const absent = absence(options);
  return {
    uses: [],
    render: async (run) => {
      const request = { text, strict: options.undefined === "error", roots: options.roots, run: tagged(run) };
      const answer = await exchange(JSON.stringify(request));
      if (answer.text !== undefined) return answer.text;
      const { error = "Python gave no answer", line, file, absent: names } = answer;
      const path = missingPath(error);
      const message = path === undefined ? error : `run.${path.join(".")} is not defined`;
      const more = file == null ? {} : { file };
      throw new TemplateError(names == null ? message : absent(names), line ?? undefined, undefined, path, more);
    },
  };
};

interface PythonAnswer {
  readonly text?: string;
  readonly error?: string;
  readonly line?: number | null;
  /** The file with the mistake, if the mistake is in a template that the template loads. */
  readonly file?: string | null;
  /** The names of the templates that are not there, if that is the mistake. */
  readonly absent?: readonly string[] | null;
}

const exchange = async (request: string): Promise<PythonAnswer> => {
  try {
    return JSON.parse(await python(request)) as PythonAnswer;
  } catch (error) {
    throw error instanceof Unanswered ? new TemplateError(sentenceOf(error)) : error;
  }
};

/** Reading Python and jinja2 from a busy file server can take a minute. */
const START_SECONDS = 120;
/** The built-in engine gives up after its 20 million steps, which take some seconds. */
const ANSWER_SECONDS = 300;

/** One Python process for all templates, started when the first is rendered. */
const python = openCoprocess({
  file: "python3",
  arguments: ["-c", PYTHON_SCRIPT],
  startSeconds: START_SECONDS,
  answerSeconds: ANSWER_SECONDS,
});

const sentenceOf = ({ when, message }: Unanswered): string => {
  switch (when) {
    case "start":
      return `template_engine: python needs python3 with jinja2 on PATH: ${message}`;
    case "start_limit":
      return `python3 did not import jinja2 within ${START_SECONDS} s, so the program ended it; \`python3 -c 'import jinja2'\` shows whether it waits for something`;
    case "answer":
      return `python3 ended while it rendered this template: ${message}`;
    case "answer_limit":
      return `python3 rendered this template for ${ANSWER_SECONDS} s, so the program ended it; does the template have an endless loop?`;
    case "stop":
      return "python3 ended because this program was stopped";
  }
};

/** The JSON from which the script in `script.ts` makes Python's values. A plain number is an integer there, too. */
const tagged = (value: Value): unknown => {
  if (value instanceof Float) return { kind: "float", value: value.toString() };
  if (value instanceof Timestamp) return { kind: "date", value: value.text };
  if (typeof value === "bigint") return { kind: "int", value: String(value) };
  if (isVariables(value)) return { kind: "map", value: pairsOf(value).map((pair) => pair.map(tagged)) };
  return Array.isArray(value) ? value.map((one: Value) => tagged(one)) : value;
};

/** The path of the undefined variable, which Jinja2 names only in its message. */
const missingPath = (message: string): readonly string[] | undefined => {
  const name = /^'[\w.]*Run object' has no attribute '(\w+)'$/.exec(message)?.[1];
  return name === undefined ? undefined : [name];
};

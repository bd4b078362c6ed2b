/** The engine for `template_engine: python`: the user's own `python3` with jinja2 renders, for those who need all of it. */
import { Float, isVariables, pairsOf, Timestamp, type Value } from "../../plan/values.js";
import { openCoprocess } from "../../system/processes/coprocess.js";
import { type Compile, TemplateError } from "../engine.js";
import { PYTHON_SCRIPT } from "./script.js";

/** A template is looked at by Python when it is first rendered: all that is wrong in it is found then. */
export const compilePython: Compile = (text, { undefined: missing }) => ({
  uses: [],
  render: async (run) => {
    const ask = { text, strict: missing === "error", run: tagged(run) };
    const answer = await asked(JSON.stringify(ask));
    if (answer.text !== undefined) return answer.text;
    const { error = "Python gave no answer", line } = answer;
    const path = missingPath(error);
    const message = path === undefined ? error : `run.${path.join(".")} is not defined`;
    throw new TemplateError(message, line ?? undefined, undefined, path);
  },
});

interface PythonAnswer {
  readonly text?: string;
  readonly error?: string;
  readonly line?: number | null;
}

const asked = async (ask: string): Promise<PythonAnswer> => {
  try {
    return JSON.parse(await python(ask)) as PythonAnswer;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`template_engine: python needs python3 with jinja2 on PATH: ${reason}`);
  }
};

/** One Python for all templates, started when the first is rendered. */
const python = openCoprocess("python3", ["-c", PYTHON_SCRIPT]);

/** What `python-script.ts` makes Python's values of. A plain number is a whole number there too. */
const tagged = (value: Value): unknown => {
  if (value instanceof Float) return { kind: "float", value: value.toString() };
  if (value instanceof Timestamp) return { kind: "date", value: value.text };
  if (typeof value === "bigint") return { kind: "int", value: String(value) };
  if (isVariables(value)) return { kind: "map", value: pairsOf(value).map((pair) => pair.map(tagged)) };
  return Array.isArray(value) ? value.map((one: Value) => tagged(one)) : value;
};

/** Jinja2 names the variable of the run that is not there in a sentence, and nowhere else. */
const missingPath = (message: string): readonly string[] | undefined => {
  const name = /^'[\w.]*Run object' has no attribute '(\w+)'$/.exec(message)?.[1];
  return name === undefined ? undefined : [name];
};

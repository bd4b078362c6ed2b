/** The engine for `template_engine: python`: the user's own `python3` with jinja2, for templates that need all of Jinja2. */
import { Float, isVariables, pairsOf, Timestamp, type Value } from "../../plan/values.js";
import { openCoprocess } from "../../system/processes/coprocess.js";
import { type Compile, TemplateError } from "../engine.js";
import { PYTHON_SCRIPT } from "./script.js";

/** Compiles nothing: Python first sees a template when a run renders it, and reports all mistakes then. */
export const compilePython: Compile = (text, { undefined: missing }) => ({
  uses: [],
  render: async (run) => {
    const request = { text, strict: missing === "error", run: tagged(run) };
    const answer = await exchange(JSON.stringify(request));
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

const exchange = async (request: string): Promise<PythonAnswer> => {
  try {
    return JSON.parse(await python(request)) as PythonAnswer;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`template_engine: python needs python3 with jinja2 on PATH: ${reason}`);
  }
};

/** One Python process for all templates, started when the first is rendered. */
const python = openCoprocess("python3", ["-c", PYTHON_SCRIPT]);

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

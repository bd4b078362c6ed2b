/** The engine for Jinja2 templates, with Python's values. Everything that it does not support is an error. */
import { startSession } from "../jinja/limits.js";
import { type Origin, Problem } from "../jinja/problem.js";
import { executeTemplate } from "../jinja/runtime/execute.js";
import { withPlace } from "../jinja/runtime/expressions.js";
import { GLOBALS } from "../jinja/runtime/globals.js";
import { Names, RenderedText } from "../jinja/runtime/scope.js";
import { compileTemplate } from "../jinja/runtime/template.js";
import { normalized } from "../jinja/syntax/lexer.js";
import { usesOf } from "../jinja/syntax/uses.js";
import { RunRecord } from "../jinja/values/record.js";
import { Undefined } from "../jinja/values/values.js";
import { type Compile, type PromptTemplate, TemplateError } from "./engine.js";
import { openLoader } from "./loader.js";

export const compileJinja: Compile<PromptTemplate> = (text, options) => {
  const origin: Origin = { name: null, source: normalized(text) };
  const { template, parsed } = guarded(origin, () => compileTemplate(origin));
  const uses = usesOf(parsed.body).map(({ path, at }) => ({ path, ...position(origin.source, at) }));
  const loader = openLoader(options);
  return {
    uses,
    render: (run) =>
      guarded(origin, () => {
        startSession(options.undefined === "error");
        const variables = new Names(GLOBALS);
        variables.set("run", new RunRecord(run));
        const out = new RenderedText();
        const rendering = { ...loader, globals: withoutContext };
        executeTemplate(template, variables, { rendering, out });
        return out.text;
      }),
  };
};

/** The names that a template sees if it is loaded without context. */
const withoutContext = new Names(GLOBALS);
withoutContext.set(
  "run",
  new Undefined(
    "'run' is undefined in a template that is loaded without context: write `with context` behind its name",
  ),
);

/** Turns a `Problem` into an error with line and column. */
const guarded = <T>(origin: Origin, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const problem = withPlace(error, origin.source.length);
    if (!(problem instanceof Problem)) throw error;
    const { source, file } = problem.origin ?? origin;
    const { line, column } = position(source, problem.at ?? 0);
    throw new TemplateError(problem.message, line, column, problem.path, file === undefined ? {} : { file });
  }
};

/** Line and column of an offset, from 1. */
const position = (source: string, at: number): { line: number; column: number } => {
  const before = source.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - start + 1 };
};

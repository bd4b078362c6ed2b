/** The engine for Jinja2 templates, with Python's values. Everything that it does not support is an error. */
import { startSession } from "../jinja/limits.js";
import { Problem } from "../jinja/problem.js";
import { withPlace } from "../jinja/runtime/expressions.js";
import { GLOBALS } from "../jinja/runtime/globals.js";
import { checkTemplateNames } from "../jinja/runtime/names.js";
import { type Execute, RenderedText, Scope } from "../jinja/runtime/scope.js";
import { compileBody } from "../jinja/runtime/statements.js";
import type { Body } from "../jinja/syntax/ast.js";
import { normalized } from "../jinja/syntax/lexer.js";
import { parse } from "../jinja/syntax/statements.js";
import { usesOf } from "../jinja/syntax/uses.js";
import { RunRecord } from "../jinja/values/record.js";
import { type Compile, type PromptTemplate, TemplateError } from "./engine.js";

export const compileJinja: Compile<PromptTemplate> = (text, { undefined: missing }) => {
  const source = normalized(text);
  const { execute, body } = guarded(source, () => compiled(source));
  const uses = usesOf(body).map(({ path, at }) => ({ path, ...position(source, at) }));
  return {
    uses,
    render: (run) =>
      guarded(source, () => {
        startSession(missing === "error");
        const names = new Scope(GLOBALS);
        names.set("run", new RunRecord(run));
        const out = new RenderedText();
        execute(new Scope(names), out);
        return out.text;
      }),
  };
};

const compiled = (source: string): { execute: Execute; body: Body } => {
  const body = parse(source);
  checkTemplateNames(body);
  return { execute: compileBody(body), body };
};

/** Turns a `Problem` into an error with line and column. */
const guarded = <T>(source: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const problem = withPlace(error, source.length);
    if (!(problem instanceof Problem)) throw error;
    const { line, column } = position(source, problem.at ?? 0);
    throw new TemplateError(problem.message, line, column, problem.path);
  }
};

/** Line and column of an offset, from 1. */
const position = (source: string, at: number): { line: number; column: number } => {
  const before = source.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - start + 1 };
};

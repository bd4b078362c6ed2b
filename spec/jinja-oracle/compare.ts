/** The comparison of the built-in engine with the answers of real Jinja2, recorded or fresh. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Float, mappingOf, Timestamp, type Value, type Variables } from "../../lib/plan/values.js";
import { TemplateError } from "../../lib/templates/engine.js";
import { compileJinja } from "../../lib/templates/jinja.js";

/** Jinja2's answer: a text, an error, or a text with an address, which changes each time. */
export type Answer = { readonly o: string } | { readonly e: string } | { readonly a: 1 };

export type Ours = { readonly text: string } | { readonly error: string };

/**
 * "loud": the engine refuses a template that Jinja2 renders. "silent": both render different texts. "lax": the engine
 * renders a template that Jinja2 refuses. An address cannot be reproduced, so refusing its template counts as equal.
 */
export type Verdict = "equal" | "loud" | "silent" | "lax";

export const verdict = (answer: Answer, ours: Ours): Verdict => {
  if ("error" in ours) return "o" in answer ? "loud" : "equal";
  if ("e" in answer) return "lax";
  return "o" in answer && ours.text === answer.o ? "equal" : "silent";
};

/** One template, or several by their names: `main` is rendered, and may load the others. */
export type Given = string | Readonly<Record<string, string>>;

/** Renders as the Python tool does. Rethrows any error but a TemplateError: such an error is a bug. */
export const render = (template: Given, run: Variables): Ours => {
  if (typeof template === "string") return rendered(template, [], run);
  const directory = mkdtempSync(join(tmpdir(), "jinja-several-"));
  try {
    for (const [name, text] of Object.entries(template)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    return rendered(template.main ?? "", [directory], run);
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const rendered = (text: string, roots: readonly string[], run: Variables): Ours => {
  try {
    return { text: compileJinja(text, { undefined: "empty", roots }).render(run) };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.message };
    throw error;
  }
};

/** The variables of the file `context.json`. */
export const contextOf = (file: string): Variables =>
  valueOf(JSON.parse(readFileSync(file, "utf8")) as Plain) as Variables;

type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Reads the marks that stand for floats, dates, large integers and keys that are not text: JSON has none of these. */
const valueOf = (plain: Plain): Value => {
  if (Array.isArray(plain)) return (plain as readonly Plain[]).map(valueOf);
  if (typeof plain !== "object" || plain === null) return plain;
  const [[key, inner] = ["", null]] = Object.entries(plain);
  if (key === "$float") return new Float(Number(inner));
  if (key === "$int") return BigInt(inner as string);
  if (key === "$time") return new Timestamp(inner as string);
  if (key === "$pairs") {
    const pairs = inner as readonly (readonly [Plain, Plain])[];
    return mappingOf(new Map(pairs.map(([one, two]) => [JSON.stringify(one), [valueOf(one), valueOf(two)]])));
  }
  return Object.fromEntries(Object.entries(plain).map(([name, item]) => [name, valueOf(item)]));
};

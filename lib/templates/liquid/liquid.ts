/** The engine for `.liquid` templates: LiquidJS, strict, with Python's numbers and truth. */
import { Liquid, LiquidError, type Template as LiquidNode } from "liquidjs";
import { has, type Variables } from "../../plan/values.js";
import { type Compile, type CompileOptions, type PromptTemplate, TemplateError, type Use } from "../engine.js";
import { printed, registerFilters } from "./filters.js";
import { openPartials, type Partials } from "./partials.js";
import { operators, registerTruth } from "./truth.js";

export const compileLiquid: Compile<PromptTemplate> = (text, options) => {
  const partials = openPartials();
  const engine = engineWith(options, partials);
  const nodes = telling(partials, () => engine.parse(text));
  const uses = usesIn(engine, nodes);
  // To LiquidJS any mapping has a `size`; a run has one only if somebody gave it one.
  const asksSize = uses.some(({ path }) => path[0] === "size");
  return {
    uses,
    render: (run) => {
      const scope = { run: asksSize && !has(run, "size") ? { ...run, size: undefined } : run };
      return telling(partials, () => engine.renderSync(nodes, scope) as string, run);
    },
  };
};

const engineWith = ({ undefined: undefinedIs, roots }: CompileOptions, { fs }: Partials): Liquid => {
  const engine = new Liquid({
    strictVariables: undefinedIs === "error",
    // `if` and `default` may ask for what is not there.
    lenientIf: true,
    strictFilters: true,
    ownPropertyOnly: true,
    jsTruthy: true,
    operators,
    outputEscape: printed,
    catchAllErrors: true,
    cache: true,
    extname: ".liquid",
    // A date without a zone is the same day on every machine.
    timezoneOffset: 0,
    // Characters, milliseconds and elements: no template needs as much, and none can hang the program.
    parseLimit: 1e7,
    renderLimit: 5000,
    memoryLimit: 1e7,
    ...(roots.length > 0 ? { root: [...roots], fs } : { templates: {} }),
  });
  registerFilters(engine);
  registerTruth(engine);
  return engine;
};

const usesIn = (engine: Liquid, nodes: LiquidNode[]): readonly Use[] => {
  const { globals } = engine.analyzeSync(nodes, { partials: false });
  return (globals.run ?? []).flatMap(({ segments, location }) => {
    // What a path leads to is known up to the first part of it that is itself computed, or counts.
    const names = segments.slice(1);
    const end = names.findIndex((name, index) => typeof name !== "string" || (index > 0 && COUNTED.has(name)));
    const path = names.slice(0, end === -1 ? undefined : end) as string[];
    return path.length > 0 ? [{ path, line: location.row, column: location.col }] : [];
  });
};

/** Properties that lists, texts and mappings have in Liquid without anybody naming them. */
const COUNTED: ReadonlySet<string> = new Set(["size", "first", "last"]);

/** Does what LiquidJS does, but fails as a `TemplateError`. */
const telling = <T>(partials: Partials, work: () => T, run: Variables = {}): T => {
  try {
    return work();
  } catch (error) {
    const [first, ...also] = flattened(error).map((part) => translated(partials, part, run));
    if (first === undefined) throw error;
    if (also.length === 0) throw first;
    throw new TemplateError(first.message, first.line, first.column, first.undefinedPath, { ...first.more, also });
  }
};

/** The single mistakes: LiquidJS bundles them, and the bundles of nested tags again. */
const flattened = (error: unknown): readonly unknown[] => {
  const single: unknown[] = [];
  const left: unknown[] = [error];
  // No call calls itself here: partial templates that take one another in are as many bundles as the stack has room for.
  while (left.length > 0) {
    const one = left.pop();
    if (one instanceof Error && "errors" in one && Array.isArray(one.errors))
      left.push(...(one.errors as unknown[]).toReversed());
    else single.push(one);
  }
  return single;
};

const translated = (partials: Partials, error: unknown, run: Variables): TemplateError => {
  if (!LiquidError.is(error)) return new TemplateError(error instanceof Error ? error.message : String(error));
  const file = error.token.file ?? partials.fileOf(error.token.input);
  const [line, column] = error.token.getPosition();
  const more = file === undefined ? {} : { file };
  const { originalError } = error;
  if (originalError !== undefined && "variableName" in originalError) {
    const name = String(originalError.variableName);
    const path = name.startsWith("run.") ? name.slice("run.".length).split(".") : undefined;
    return new TemplateError(`${name} is not defined${hint(name, run)}`, line, column, path, more);
  }
  return new TemplateError(worded(originalError?.message ?? error.message), line, column, undefined, more);
};

/** A template sees one object; the bare name of a variable is a likely slip. */
const hint = (name: string, run: Variables): string =>
  has(run, name.split(".")[0] ?? "") ? `; did you mean "run.${name}"?` : "";

/** LiquidJS puts the place behind its messages; it is told apart here. */
const worded = (message: string): string =>
  message
    .replace(/(?:, file:.*)?, line:\d+, col:\d+$/s, "")
    .replace(
      /^ENOENT: Failed to lookup "(.*)" in ".*"$/s,
      'there is no partial template "$1" in the template directory',
    )
    .replace(/^Maximum call stack size exceeded$/, "partial templates take one another in without end");

/** The engine for `.liquid` templates: LiquidJS, strict, with Python's numbers and truth. */
import { Liquid, LiquidError, type Template as LiquidNode } from "liquidjs";
import { has, type Variables } from "../../plan/values.js";
import { type Compile, type CompileOptions, type PromptTemplate, TemplateError, type Use } from "../engine.js";
import { printed, registerFilters } from "./filters.js";
import { checkNesting } from "./nesting.js";
import { openPartials, type Partials } from "./partials.js";
import { operators, registerTruth } from "./truth.js";

export const compileLiquid: Compile<PromptTemplate> = (text, options) => {
  checkNesting(text);
  const partials = openPartials();
  const engine = engineWith(options, partials);
  const nodes = translatingErrors(partials, () => engine.parse(text));
  const uses = usesIn(engine, nodes);
  // In LiquidJS every mapping has a `size`; a run has one only if the user defines it.
  const usesSize = uses.some(({ path }) => path[0] === "size");
  return {
    uses,
    render: (run) => {
      const scope = { run: usesSize && !has(run, "size") ? { ...run, size: undefined } : run };
      return translatingErrors(partials, () => engine.renderSync(nodes, scope) as string, run);
    },
  };
};

const engineWith = ({ undefined: undefinedIs, roots }: CompileOptions, { fs }: Partials): Liquid => {
  const engine = new Liquid({
    strictVariables: undefinedIs === "error",
    // `if` and `default` may test an undefined variable.
    lenientIf: true,
    strictFilters: true,
    ownPropertyOnly: true,
    jsTruthy: true,
    operators,
    outputEscape: printed,
    catchAllErrors: true,
    cache: true,
    extname: ".liquid",
    // A date without a time zone is the same day on every machine.
    timezoneOffset: 0,
    // Characters, milliseconds and elements: more than any template needs, but too few to hang the program.
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
    // The path ends before the first part that the template computes, or that LiquidJS provides.
    const names = segments.slice(1);
    const end = names.findIndex((name, index) => typeof name !== "string" || (index > 0 && PROVIDED.has(name)));
    const path = names.slice(0, end === -1 ? undefined : end) as string[];
    return path.length > 0 ? [{ path, line: location.row, column: location.col }] : [];
  });
};

/** Properties that LiquidJS provides for lists, texts and mappings. */
const PROVIDED: ReadonlySet<string> = new Set(["size", "first", "last"]);

/** Turns the errors of LiquidJS into a `TemplateError`. */
const translatingErrors = <T>(partials: Partials, work: () => T, run: Variables = {}): T => {
  try {
    return work();
  } catch (error) {
    const [first, ...also] = singleErrors(error).map((part) => toTemplateError(partials, part, run));
    if (first === undefined) throw error;
    if (also.length === 0) throw first;
    throw new TemplateError(first.message, first.line, first.column, first.undefinedPath, { ...first.more, also });
  }
};

/** Unpacks the bundles of errors that LiquidJS throws. A bundle may contain bundles, for nested tags. */
const singleErrors = (error: unknown): readonly unknown[] => {
  const single: unknown[] = [];
  const pending: unknown[] = [error];
  // Without recursion: partial templates that include each other nest bundles as deep as the stack allows.
  while (pending.length > 0) {
    const one = pending.pop();
    if (one instanceof Error && "errors" in one && Array.isArray(one.errors))
      pending.push(...(one.errors as unknown[]).toReversed());
    else single.push(one);
  }
  return single;
};

const toTemplateError = (partials: Partials, error: unknown, run: Variables): TemplateError => {
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
  return new TemplateError(withoutPlace(originalError?.message ?? error.message), line, column, undefined, more);
};

/** Suggests `run.<name>` for a variable's bare name: a template sees one object, `run`. */
const hint = (name: string, run: Variables): string =>
  has(run, name.split(".")[0] ?? "") ? `; did you mean "run.${name}"?` : "";

/** A message of LiquidJS without the place, which `TemplateError` has in fields of its own. */
const withoutPlace = (message: string): string =>
  message
    .replace(/(?:, file:.*)?, line:\d+, col:\d+$/s, "")
    .replace(
      /^ENOENT: Failed to lookup "(.*)" in ".*"$/s,
      'there is no partial template "$1" in the template directory',
    )
    .replace(/^Maximum call stack size exceeded$/, "partial templates include each other without end");

/** The engine for `.liquid` templates: LiquidJS with every door shut that is not needed. */
import { Liquid, type Template as Parsed } from "liquidjs";
import { type Compile, type CompileOptions, TemplateError, type Use } from "./engine.js";
import { fortran_bool, nml, pad } from "./filters.js";

/** Truth is Python's: an empty text and 0 are false. An undefined variable may stand in `if` and before `default`. */
export const compileLiquid: Compile = (text, options) => {
  const engine = engineFor(options);
  const parsed = orTemplateError(() => engine.parse(text));
  return {
    uses: usesOf(engine, parsed),
    render: (run) => orTemplateError(() => String(engine.renderSync(parsed, { run }))),
  };
};

/** The most that one template may take: characters to parse, milliseconds to render, and things to hold. */
const LIMITS = { parseLimit: 1e7, renderLimit: 5000, memoryLimit: 1e8 };

const engineFor = ({ undefined: missing, roots }: CompileOptions): Liquid => {
  const engine = new Liquid({
    strictVariables: missing === "error",
    lenientIf: true,
    strictFilters: true,
    ownPropertyOnly: true,
    jsTruthy: true,
    catchAllErrors: true,
    root: [...roots],
    partials: [...roots],
    layouts: [...roots],
    extname: ".liquid",
    ...LIMITS,
  });
  engine.registerFilter("pad", pad);
  engine.registerFilter("nml", nml);
  engine.registerFilter("fortran_bool", fortran_bool);
  return engine;
};

const usesOf = (engine: Liquid, parsed: Parsed[]): readonly Use[] => {
  try {
    const { globals } = engine.analyzeSync(parsed, { partials: false });
    return Object.values(globals).flatMap((variables) =>
      variables.flatMap(({ segments, location }) => {
        const [root, ...path] = segments;
        if (root !== "run" || path.length === 0 || !path.every((segment) => typeof segment === "string")) return [];
        return [{ path: path as readonly string[], line: location.row, column: location.col }];
      }),
    );
  } catch {
    // What cannot be analysed is found by rendering.
    return [];
  }
};

const orTemplateError = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw templateError(error);
  }
};

interface LiquidTrouble {
  readonly errors?: readonly LiquidTrouble[];
  readonly originalError?: LiquidTrouble;
  readonly message: string;
  readonly token?: { getPosition?: () => readonly number[] };
}

/** The first mistake of all that LiquidJS collects, without the place in its text. */
const templateError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  let trouble: LiquidTrouble = error;
  while (trouble.errors?.[0] !== undefined) trouble = trouble.errors[0];
  const [line, column] = trouble.token?.getPosition?.() ?? [];
  const message = trouble.message.split("\n")[0]?.replace(/, (?:file:.*|line:\d+, col:\d+)$/, "") ?? "";
  const name = /^undefined variable: (.+)$/.exec(message)?.[1];
  if (name === undefined) return new TemplateError(message, line, column);
  const [root, ...path] = name.split(".");
  return new TemplateError(`${name} is not defined`, line, column, root === "run" ? path : undefined);
};

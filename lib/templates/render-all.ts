/** Renders every run of a batch in memory, to find what is wrong in run 1,999 before run 0 starts. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Batch, type Run, variablesOf } from "../plan.js";
import { nearest } from "../suggest.js";
import { has, type Variables } from "../values.js";
import type { Compiled } from "./compiled.js";
import { TemplateError } from "./engine.js";
import type { Finding } from "./finding.js";
import { undefinedMessage } from "./undefined.js";

/** One mistake at one place, and the runs that meet it. */
interface Mistake {
  readonly compiled: Compiled;
  readonly error: TemplateError;
  readonly message: string;
  readonly first: Run;
  runs: number;
}

/** How long it works before signals and timers are let in, in milliseconds. */
const TURN_MS = 30;

export const renderAll = async (
  batch: Batch,
  runs: readonly Run[],
  compiled: readonly Compiled[],
): Promise<readonly Finding[]> => {
  const mistakes = new Map<string, Mistake>();
  const names = new Set<string>();
  let turn = performance.now();
  for (const run of runs) {
    const variables = variablesOf(batch, run, 1);
    for (const name of Object.keys(variables)) names.add(name);
    for (const one of compiled) renderOne(mistakes, one, run, variables);
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      turn = performance.now();
    }
  }
  const found = [...mistakes.values()].map((mistake) => findingOf(batch, mistake));
  return runs.length === 0 ? found : [...found, ...misspelt(batch, compiled, names, mistakes)];
};

const renderOne = (mistakes: Map<string, Mistake>, compiled: Compiled, run: Run, variables: Variables): void => {
  try {
    compiled.template.render(variables);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const key = [compiled.name, error.line, error.column, error.message].join("\n");
    const known = mistakes.get(key);
    if (known) known.runs += 1;
    else mistakes.set(key, { compiled, error, message: undefinedMessage(error, variables), first: run, runs: 1 });
  }
};

const findingOf = (batch: Batch, { compiled, error, message, first, runs }: Mistake): Finding => {
  const more = runs > 1 ? ` and in ${runs - 1} more` : "";
  return {
    severity: "error",
    code: error.undefinedPath === undefined ? "template" : "undefined-variable",
    message: `${message} (in run ${first.id}${more})`,
    batch: batch.name,
    path: ["templates"],
    at: placeIn(join(batch.templatedir, compiled.name), compiled.text, error),
  };
};

/** What no run defines, where no run came by, but a name that is there is nearly the same. */
const misspelt = (
  batch: Batch,
  compiled: readonly Compiled[],
  names: ReadonlySet<string>,
  mistakes: ReadonlyMap<string, Mistake>,
): readonly Finding[] => {
  const told = new Set([...mistakes.values()].flatMap(({ error }) => error.undefinedPath?.[0] ?? []));
  const known = Object.fromEntries([...names].map((name) => [name, null]));
  return compiled.flatMap(({ name, text, template }) =>
    template.uses.flatMap((use): readonly Finding[] => {
      const variable = use.path[0] ?? "";
      const meant = nearest(variable, names);
      if (has(known, variable) || told.has(variable) || meant === undefined) return [];
      told.add(variable);
      return [
        {
          severity: "warning",
          code: "undefined-variable",
          message: `no run defines run.${variable}; did you mean "${meant}"?`,
          batch: batch.name,
          path: ["templates"],
          at: placeIn(join(batch.templatedir, name), text, use),
        },
      ];
    }),
  );
};

type Spot = { readonly line?: number | undefined; readonly column?: number | undefined };

/** The place of a mistake in a template, with the text of its line. */
const placeIn = (file: string, text: string, { line, column }: Spot) => {
  const excerpt = line === undefined ? undefined : text.split(/\r?\n/)[line - 1];
  return {
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    ...(excerpt !== undefined && { excerpt }),
  };
};

/** The same for a template that could not be compiled, and whose text nobody has kept. */
export const excerptOf = async (file: string, spot: Spot) =>
  placeIn(file, await readFile(file, "utf8").catch(() => ""), spot);

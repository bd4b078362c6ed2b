/** Destinations of `move` that hold files before an ensemble starts: those of other runs stay among the new ones. */
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Ensemble, Task } from "../../plan/plan.js";
import { variablesOf } from "../../plan/plan.js";
import { argumentsOf, demandText } from "../argument.js";
import { directoryOf } from "../command.js";
import { localTarget } from "./destination.js";

/** The local destinations of all runs that exist and are not empty. A `dest` that is not known yet is left out. */
export const occupiedDestinations = async (plan: Ensemble): Promise<readonly string[]> => {
  const occupied = new Set<string>();
  // One look at each parent: it may hold the destinations of 100,000 runs.
  const namesIn = cached(async (directory: string) => new Set(await readdir(directory).catch(() => [])));
  for (const batch of plan.batches) {
    const moves = [...batch.pre_run, ...batch.post_run].filter(isMove);
    for (const run of moves.length === 0 ? [] : batch.runs.slice(0, MOST_RUNS)) {
      const place = { directory: run.directory, variables: variablesOf(batch, run, 1) };
      for (const move of moves) {
        const target = attempt(() => {
          const args = argumentsOf(move.args, place.variables);
          return localTarget(demandText("dest", args.dest), run.id, directoryOf(args, place));
        });
        if (target === undefined || !(await namesIn(dirname(target))).has(basename(target))) continue;
        if ((await namesIn(target)).size > 0) occupied.add(target);
      }
    }
  }
  return [...occupied];
};

/** A look takes 50 µs, and if the first 10,000 runs have no old files, the others hardly have. */
const MOST_RUNS = 10_000;

const isMove = (task: Task): task is Task & { readonly name: "move" } => task.name === "move";

/** Undefined where the task will be refused: it says so itself. */
const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

const cached = <T>(work: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = work(key);
    known.set(key, made);
    return made;
  };
};

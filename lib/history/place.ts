/** The place that the history remembers, and its change when a project has moved. */
import type { EnsembleStarted, StreamOpened } from "../events/event.js";
import type { Failure } from "../events/failure.js";
import { rebased } from "../plan/paths.js";
import type { History, KnownPlace, RunHistory, Tasks } from "./history.js";

/** The place after a fact, given the place before. */
export const placeAfter = (
  known: KnownPlace | undefined,
  fact: StreamOpened | EnsembleStarted,
): KnownPlace | undefined => {
  if (fact.type === "stream.opened") return known ?? { host: fact.host, directory: fact.directory };
  if (fact.place !== undefined) return fact.place;
  return known && { ...known, configuration: fact.configuration };
};

/** Changes, in place, every path of the history that lies in one directory into the same path in another. */
export const relocate = (history: History, from: string, to: string): void => {
  relocateTasks(history.tasks, from, to);
  for (const { tasks, runs } of history.batches.values()) {
    relocateTasks(tasks, from, to);
    for (const [index, run] of runs) {
      relocateTasks(run.tasks, from, to);
      runs.set(index, { ...run, directory: rebased(run.directory, from, to), ...endIn(run, from, to) });
    }
  }
};

const endIn = ({ end }: RunHistory, from: string, to: string): Pick<RunHistory, "end"> =>
  end?.how === "failed" ? { end: { ...end, failure: relocated(end.failure, from, to) } } : {};

const relocateTasks = (tasks: Tasks, from: string, to: string) => {
  for (const [name, task] of tasks)
    if (task.failure !== undefined) tasks.set(name, { ...task, failure: relocated(task.failure, from, to) });
};

/** The fields of a failure that hold a path. */
const PATHS: ReadonlySet<string> = new Set(["log", "file", "directory", "path"]);

const relocated = <F extends Failure>(failure: F, from: string, to: string): F =>
  Object.fromEntries(
    Object.entries(failure).map(([key, value]) => [
      key,
      PATHS.has(key) && typeof value === "string" ? rebased(value, from, to) : value,
    ]),
  ) as F;

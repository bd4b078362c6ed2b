/** Builds the tasks of the plan from a task list that has passed the schema. */
import type { Task } from "../../plan/plan.js";
import type { Compat } from "../../plan/settings.js";

/**
 * The tasks of a list. Drops arguments without a value, turns quoted numbers into numbers, and makes `compat` a part of
 * each `execute` that does not say itself whether its failure is ignored.
 */
export const tasksOf = (written: unknown, compat: Compat): readonly Task[] =>
  Array.isArray(written) ? (written as readonly WrittenTask[]).map((task) => taskOf(task, compat)) : [];

interface WrittenTask {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>> | null;
  readonly timeout?: number | null;
}

const taskOf = ({ name, args, timeout }: WrittenTask, compat: Compat): Task => {
  const given =
    name === "execute" && compat === "python" ? { ...args, ignore_failure: args?.ignore_failure ?? true } : args;
  const entries = Object.entries(given ?? {}).filter(([, argument]) => argument !== null);
  // The schema has checked that these are the arguments of this task.
  return {
    name,
    args: Object.fromEntries(entries.map(([key, argument]) => [key, normalized(key, argument)])),
    ...(typeof timeout === "number" && { timeout }),
  } as Task;
};

const normalized = (key: string, argument: unknown): unknown => {
  if ((key === "log" || key === "fail") && typeof argument === "number") return argument !== 0;
  if ((key === "limit" || key === "atleast") && typeof argument === "string" && /^[0-9]+$/.test(argument))
    return Number(argument);
  return argument;
};

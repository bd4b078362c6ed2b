/** Builds the tasks of the plan from a task list that has passed the schema. */
import type { Task } from "../../plan/plan.js";

/** The tasks of a list. Drops arguments without a value, and turns quoted numbers into numbers. */
export const tasksOf = (written: unknown): readonly Task[] =>
  Array.isArray(written) ? (written as readonly WrittenTask[]).map(taskOf) : [];

interface WrittenTask {
  readonly name: string;
  readonly args?: Readonly<Record<string, unknown>> | null;
  readonly timeout?: number | null;
}

const taskOf = ({ name, args, timeout }: WrittenTask): Task => {
  const entries = Object.entries(args ?? {}).filter(([, argument]) => argument !== null);
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

/** The words of simulated commands, checks and jobs, which decide how they end. */
import { Abandon } from "../../lib/events/failure.js";
import type { Task } from "../../lib/plan/plan.js";

/** The owner of a task, and its cycle: a run's id, a batch's name, or `ensemble`. */
export interface TaskOwner {
  readonly owner: string;
  readonly cycle: number;
}

/**
 * The exit status of a command or a job. `… fails` always fails, `… fails:b-1,b-2` fails for these runs, `… once` fails
 * the first time. Everything else succeeds. `earlier`: how often the same work was executed before.
 */
export const statusOf = (words: string, { owner }: TaskOwner, earlier: number): number => {
  const [, runs] = / fails(?::(\S+))?$/.exec(words) ?? [];
  if (/ fails(:|$)/.test(words)) return runs === undefined || runs.split(",").includes(owner) ? 1 : 0;
  return words.endsWith(" once") && earlier === 0 ? 1 : 0;
};

/**
 * Whether a check holds. `polls:3` holds from the third poll on, `until:2` only before the second cycle, `from:2` only from
 * the second cycle on, `refuses:b-0` for all runs but this one. Other checks always hold.
 */
export const checkHolds = (words: string, { owner, cycle }: TaskOwner, polls: number): boolean => {
  const [, verb, value = ""] = /^(polls|until|from|refuses):(\S+)$/.exec(words) ?? [];
  if (verb === "polls") return polls >= Number(value);
  if (verb === "until") return cycle < Number(value);
  if (verb === "from") return cycle >= Number(value);
  return verb !== "refuses" || !value.split(",").includes(owner);
};

export const failed = (command: string, reason: "command" | "check" = "command"): Abandon =>
  new Abandon({ reason, command, output: "", status: 1, signal: null });

/** The failure of a command whose claim another instance has taken. */
export const taken = (command: string): Abandon =>
  new Abandon({ reason: "not_started", command, message: "another instance of the program has resumed it" });

export const jobFailed = { reason: "job", cause: "failed", status: 1, signal: null } as const;
export const jobLost = { reason: "job", cause: "lost", message: "unknown" } as const;

export const execute = (cmd: string, idempotent = false): Task => ({
  name: "execute",
  args: { cmd, ...(idempotent && { idempotent }) },
});
/** A command whose failure is ignored. */
export const ignored = (cmd: string): Task => ({ name: "execute", args: { cmd, ignore_failure: true } });
export const check = (cmd: string, fail = false): Task => ({ name: "check", args: { cmd, ...(fail && { fail }) } });
export const submit = (script: string): Task => ({ name: "submit", args: { script } });
export const move: Task = { name: "move", args: { dest: "/archive" } };
export const remove: Task = { name: "remove", args: {} };
export const jobs: Task = { name: "jobs", args: { limit: 5, match: "b" } };
export const quota: Task = { name: "quota", args: { atleast: 1 } };

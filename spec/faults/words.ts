/** The words in which plans of these specs say how a command, a check or a job goes. */
import { Abandon } from "../../lib/events/failure.js";
import type { Task } from "../../lib/plan/plan.js";

/** Whose it is and in which cycle: a run's id, a batch's name, or nobody's. */
export interface Whose {
  readonly who: string;
  readonly cycle: number;
}

/**
 * The exit status of a command or a job. `… fails` fails for all, `… fails:b-1,b-2` for these runs, `… once` the first
 * time that it is done. Everything else ends well.
 */
export const statusOf = (words: string, { who }: Whose, before: number): number => {
  const [, whom] = / fails(?::(\S+))?$/.exec(words) ?? [];
  if (/ fails(:|$)/.test(words)) return whom === undefined || whom.split(",").includes(who) ? 1 : 0;
  return words.endsWith(" once") && before === 0 ? 1 : 0;
};

/**
 * What a look finds. `looks:3` holds at the third, `until:2` is no more after the first cycle, `refuses:b-0` is not for
 * this run; these two fail where the task says so.
 */
export const lookOf = (words: string, { who, cycle }: Whose, looks: number): boolean => {
  const [, verb, what = ""] = /^(looks|until|refuses):(\S+)$/.exec(words) ?? [];
  if (verb === "looks") return looks >= Number(what);
  if (verb === "until") return cycle < Number(what);
  return verb !== "refuses" || !what.split(",").includes(who);
};

export const failed = (command: string, reason: "command" | "check" = "command"): Abandon =>
  new Abandon({ reason, command, output: "", status: 1, signal: null });

/** What a claim that somebody has says to whoever comes late. */
export const taken = (command: string): Abandon =>
  new Abandon({ reason: "not_started", command, message: "another instance of the program has resumed it" });

export const jobFailed = { reason: "job", cause: "failed", status: 1, signal: null } as const;
export const jobLost = { reason: "job", cause: "lost", message: "nobody knows" } as const;

export const execute = (cmd: string, idempotent = false): Task => ({
  name: "execute",
  args: { cmd, ...(idempotent && { idempotent }) },
});
export const check = (cmd: string, fail = false): Task => ({ name: "check", args: { cmd, ...(fail && { fail }) } });
export const submit = (script: string): Task => ({ name: "submit", args: { script } });
export const move: Task = { name: "move", args: { dest: "/archive" } };
export const remove: Task = { name: "remove", args: {} };
export const jobs: Task = { name: "jobs", args: { limit: 5, match: "b" } };
export const quota: Task = { name: "quota", args: { atleast: 1 } };

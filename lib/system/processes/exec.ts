/** Asking a program something, for its answer's sake. */
import type { Options } from "execa";
import { Observable } from "rxjs";
import { endGroup, groupStarted, leaderEnded } from "./process-groups.js";

export interface ExecResult {
  /** Null where it was ended by a signal, and where it was not started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no answer. Where it could not be started, the errno's name: `ENOENT` where there is no such program. */
  readonly problem?: string;
}

/** Asks in an environment, which is by default this program's own, in English. */
export type Exec = (file: string, words: readonly string[], environment?: Environment) => Observable<ExecResult>;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a program to its end: its output is there to be read by this program. Never fails. Unsubscribing ends
 * it with all that it started, be it only that it hangs.
 */
export const exec: Exec = (file, words, environment = { ...process.env, LC_ALL: "C", LANGUAGE: "C" }) =>
  new Observable((subscriber) => {
    const asked = async () => {
      // Read when it is needed: it is large, and most ensembles ask nothing.
      const { execa } = await import("execa");
      if (subscriber.closed) return;
      const child = execa(file, words, { ...OPTIONS, env: environment });
      const { pid } = child;
      if (pid !== undefined) {
        groupStarted(pid);
        child.once("exit", () => leaderEnded(pid, true));
        subscriber.add(() => endGroup(pid));
      }
      const { exitCode = null, stdout, stderr, code, isMaxBuffer } = await child;
      // What is cut off at some length must not be taken for the whole.
      const problem = isMaxBuffer ? "it says too much" : pid === undefined ? (code ?? "unknown") : undefined;
      const status = isMaxBuffer ? null : exitCode;
      subscriber.next({ status, stdout, stderr, ...(problem !== undefined && { problem }) });
      subscriber.complete();
    };
    asked().catch((error: unknown) => subscriber.error(error));
  });

/** execa's own ways of ending a program reach that program only, and wait for what it left behind. */
const OPTIONS = {
  extendEnv: false,
  stdin: "ignore",
  detached: true,
  cleanup: false,
  reject: false,
  // A row of squeue for each of a hundred thousand jobs.
  maxBuffer: 50_000_000,
  // Whether its last line is whole is of interest.
  stripFinalNewline: false,
} as const satisfies Options;

/** Why a program has not answered as it should: in its own last words, if it has any. */
export const complaintOf = ({ status, stderr, problem }: ExecResult): string => {
  const last = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  if (problem !== undefined) return problem === "ENOENT" ? "it is not there" : problem;
  return last === "" ? `exit status ${String(status)}` : last;
};

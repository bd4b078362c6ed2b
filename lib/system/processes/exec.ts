/** One run of a program for its output. */
import type { Options } from "execa";
import { Observable } from "rxjs";
import { endGroup, groupStarted, leaderEnded } from "./process-groups.js";

export interface ExecResult {
  /** Null if a signal ended the program, or if it was not started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no output. If the program could not be started: the name of the errno, `ENOENT` for a missing program. */
  readonly problem?: string;
}

/** Runs a program, by default in this program's own environment, but with English messages. */
export type Exec = (file: string, args: readonly string[], environment?: Environment) => Observable<ExecResult>;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a program to its end and emits its output. Never fails. Unsubscribing ends the program and its
 * children.
 */
export const exec: Exec = (file, args, environment = { ...process.env, LC_ALL: "C", LANGUAGE: "C" }) =>
  new Observable((subscriber) => {
    const run = async () => {
      // Imported late: execa is large, and most ensembles run no program this way.
      const { execa } = await import("execa");
      if (subscriber.closed) return;
      const child = execa(file, args, { ...OPTIONS, env: environment });
      const { pid } = child;
      if (pid !== undefined) {
        groupStarted(pid);
        child.once("exit", () => leaderEnded(pid, true));
        subscriber.add(() => endGroup(pid));
      }
      const { exitCode = null, stdout, stderr, code, isMaxBuffer } = await child;
      // Output that is cut off must not be taken for the whole.
      const problem = isMaxBuffer ? "it prints too much" : pid === undefined ? (code ?? "unknown") : undefined;
      const status = isMaxBuffer ? null : exitCode;
      subscriber.next({ status, stdout, stderr, ...(problem !== undefined && { problem }) });
      subscriber.complete();
    };
    run().catch((error: unknown) => subscriber.error(error));
  });

/** execa would end only the program, and wait for pipes that its children hold: this file ends the whole group instead. */
const OPTIONS = {
  extendEnv: false,
  stdin: "ignore",
  detached: true,
  cleanup: false,
  reject: false,
  // Enough for 100,000 rows of the queue, one for each job.
  maxBuffer: 50_000_000,
  // Callers check whether the last line is whole.
  stripFinalNewline: false,
} as const satisfies Options;

/** Why a program failed: its last line on standard error, if there is one. */
export const complaintOf = ({ status, stderr, problem }: ExecResult): string => {
  const last = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  if (problem !== undefined) return problem === "ENOENT" ? "it is not there" : problem;
  return last === "" ? `exit status ${String(status)}` : last;
};

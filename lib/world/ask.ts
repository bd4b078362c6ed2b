/** Asking a program something, for its answer's sake. */
import type { Options } from "execa";
import { Observable } from "rxjs";
import { endGroup, groupStarted, leaderEnded } from "./groups.js";

export interface Answer {
  /** Null where it was ended by a signal, and where it was not started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The errno's name where it could not be started: `ENOENT` where there is no such program. */
  readonly problem?: string;
}

/**
 * Runs a program to its end, in English: its output is there to be read by this program. Never fails. Unsubscribing ends
 * it with all that it started, be it only that it hangs.
 */
export const ask = (file: string, words: readonly string[]): Observable<Answer> =>
  new Observable((subscriber) => {
    const asked = async () => {
      // Read when it is needed: it is large, and most ensembles ask nothing.
      const { execa } = await import("execa");
      if (subscriber.closed) return;
      const child = execa(file, words, OPTIONS);
      const { pid } = child;
      if (pid !== undefined) {
        groupStarted(pid);
        child.once("exit", () => leaderEnded(pid, true));
        subscriber.add(() => endGroup(pid));
      }
      const { exitCode = null, stdout, stderr, code } = await child;
      subscriber.next({ status: exitCode, stdout, stderr, ...(pid === undefined && { problem: code ?? "unknown" }) });
      subscriber.complete();
    };
    asked().catch((error: unknown) => subscriber.error(error));
  });

/** execa's own ways of ending a program reach that program only, and wait for what it left behind. */
const OPTIONS = {
  env: { LC_ALL: "C", LANGUAGE: "C" },
  stdin: "ignore",
  detached: true,
  cleanup: false,
  reject: false,
  maxBuffer: 1_000_000,
} as const satisfies Options;

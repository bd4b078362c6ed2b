/** A program that a task runs: its output goes to a file, of which the end is shown if it fails. */
import { statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { concatMap, defer, EMPTY, finalize, type Observable, of } from "rxjs";
import type { Command } from "../effects/process.js";
import { Abandon, type Ending } from "../events/failure.js";
import { failureAt } from "../system/files/errno.js";
import { needScratch } from "../system/files/scratch.js";
import { tailIfAny, tailOf } from "../system/files/tail.js";
import { logName } from "./log-name.js";
import type { Tools } from "./tools.js";

export interface Program extends Omit<Command, "output"> {
  /** What a person calls it. */
  readonly shown: string;
  /** Whether its output is kept in its directory. */
  readonly log?: boolean;
  /** Whether its output is of interest even if all went well. */
  readonly heard?: boolean;
}

/** What starts programs. */
export type Starter = Pick<Tools, "spawn" | "scratch" | "claims">;

/** How a program ended, with the last of what it printed if it did not end well. */
export interface Ended extends Ending {
  readonly command: string;
  readonly output: string;
  readonly log?: string;
}

/** Runs it to its end. Fails as `not_started`, or where its output cannot be written. */
export const program = (
  { spawn, scratch, claims }: Starter,
  { shown, log = false, heard = false, ...words }: Program,
): Observable<Ended> =>
  defer(() => {
    if (!log) needScratch(scratch);
    const output = log ? join(words.directory, logName()) : join(scratch, `${++started}.out`);
    return spawn({ ...words, output }).pipe(
      concatMap((event) => {
        if (event.type === "started") return EMPTY;
        const { status, signal } = event;
        if (words.claim !== undefined) claims?.ended(words.claim);
        return of({
          command: shown,
          status,
          signal,
          output: heard && status === 0 ? heardIn(output) : status === 0 ? "" : tailIfAny(output),
          ...(log && hasText(output) && { log: output }),
        });
      }),
      finalize(() => {
        if (!log || !hasText(output)) forget(output);
      }),
    );
  });

let started = 0;

/** The Python tool makes no log of a command that prints nothing. */
const hasText = (path: string): boolean => {
  try {
    return statSync(path).size > 0;
  } catch {
    // It is not there, or nobody can say: a command may have shut its own directory.
    return false;
  }
};

/** What a program has said decides what is done next: where it cannot be read, it has not said "nothing". */
const heardIn = (path: string): string => {
  try {
    return tailOf(path);
  } catch (error) {
    throw new Abandon(failureAt(path, error));
  }
};

const forget = (path: string) => {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or goes with the directory that it is in.
  }
};

/** A program that a task runs, with its output in a file whose last lines explain a failure. */
import { statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { concatMap, defer, EMPTY, finalize, type Observable, of } from "rxjs";
import type { Command } from "../effects/process.js";
import { Abandon, type Ending } from "../events/failure.js";
import { failureAt } from "../system/files/errno.js";
import { tailIfAny, tailOf } from "../system/files/tail.js";
import { needScratch } from "../system/scratch.js";
import { logName } from "./log-name.js";
import type { Tools } from "./tools.js";

export interface Program extends Omit<Command, "output"> {
  /** The command as messages show it. */
  readonly shown: string;
  /** Whether the output is kept as a log in the working directory. */
  readonly log?: boolean;
  /** The name of that log, which replaces an earlier one; by default a new name. */
  readonly logName?: string;
  /** Whether the task needs the output of a success, too. */
  readonly captured?: boolean;
}

/** The tools that start programs. */
export type Starter = Pick<Tools, "spawn" | "scratch" | "claims">;

/** How a program ended, with its last lines of output if it failed. */
export interface Ended extends Ending {
  readonly command: string;
  readonly output: string;
  readonly log?: string;
}

/** Runs a program to its end. Fails as `not_started`, or if its output cannot be written. */
export const program = (
  { spawn, scratch, claims }: Starter,
  { shown, log = false, logName: name, captured = false, ...command }: Program,
): Observable<Ended> =>
  defer(() => {
    if (!log) needScratch(scratch);
    else if (name !== undefined) unlinkIfAny(join(command.directory, name));
    const output = log ? join(command.directory, name ?? logName()) : join(scratch, `${++started}.out`);
    return spawn({ ...command, output }).pipe(
      concatMap((event) => {
        if (event.type === "started") return EMPTY;
        const { status, signal } = event;
        if (command.claim !== undefined) claims?.ended(command.claim);
        return of({
          command: shown,
          status,
          signal,
          output: status !== 0 ? tailIfAny(output) : captured ? capturedIn(output) : "",
          ...(log && hasText(output) && { log: output }),
        });
      }),
      finalize(() => {
        if (!log || !hasText(output)) unlinkIfAny(output);
      }),
    );
  });

let started = 0;

/** The Python tool makes no log for a command that prints nothing. */
const hasText = (path: string): boolean => {
  try {
    return statSync(path).size > 0;
  } catch {
    // The file is missing or out of reach: a command may close its own directory.
    return false;
  }
};

/** The task decides by this output, so output that cannot be read must not count as empty. */
const capturedIn = (path: string): string => {
  try {
    return tailOf(path);
  } catch (error) {
    throw new Abandon(failureAt(path, error));
  }
};

const unlinkIfAny = (path: string) => {
  try {
    unlinkSync(path);
  } catch {
    // The file was never made, or goes with its directory.
  }
};

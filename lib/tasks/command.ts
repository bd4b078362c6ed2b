/** A user's command: where it runs, where its output goes, and how it ended. */
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { concatMap, defer, EMPTY, type Observable, of } from "rxjs";
import type { Place, ProcessEvent } from "../effects.js";
import { Abandon, type Ending } from "../failure.js";
import { tailOf } from "../world/tail.js";
import { wordOf } from "./argument.js";
import type { Tools } from "./tools.js";

/** The arguments of `check` and `execute`, every `run.` replaced. What a reference stands for may be of any kind. */
export interface CommandWords {
  readonly cmd: unknown;
  readonly cwd?: unknown;
  readonly log?: unknown;
  readonly shell?: unknown;
}

/** How a command ended, with the last that it printed. */
export interface Ended extends Ending {
  readonly command: string;
  readonly output: string;
  readonly log?: string;
}

/** Runs a command through a shell to its end. Fails as `not_started`. */
export const command = (tools: Tools, words: CommandWords, place: Place): Observable<Ended> =>
  defer(() => {
    const text = wordOf("cmd", words.cmd);
    const shell = words.shell === undefined ? tools.settings.shell : wordOf("shell", words.shell);
    const directory = words.cwd === undefined ? place.directory : resolve(place.directory, wordOf("cwd", words.cwd));
    return program(tools, { file: shell, arguments: ["-c", text], directory, shown: text, log: words.log === true });
  });

interface Program {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  /** How it is called in messages. */
  readonly shown: string;
  /** Whether its output is kept beside its work. */
  readonly log: boolean;
}

/** Runs a program to its end. */
export const program = (tools: Tools, { shown, log, ...rest }: Program): Observable<Ended> =>
  defer(() => {
    const output = log ? join(rest.directory, logName()) : join(tools.scratch, `${++printed}.out`);
    return tools.spawn({ ...rest, output }).pipe(
      concatMap((event: ProcessEvent) => {
        if (event.type === "started") return EMPTY;
        const { status, signal } = event;
        const ended = { command: shown, status, signal, output: status === 0 ? "" : tailOf(output) };
        if (log) return of({ ...ended, log: output });
        // Nobody waits for this, and if it fails the whole directory goes at the end.
        void rm(output, { force: true }).catch(() => undefined);
        return of(ended);
      }),
    );
  });

/** Fails for anything but exit status 0. */
export const demand = (reason: "command" | "check", ended: Ended): void => {
  if (ended.status !== 0) throw new Abandon({ reason, ...ended });
};

let printed = 0;

/** `execute_command.<HHMMSS.micros>.log`, as the Python tool names it; of two in one moment, the second is later. */
const logName = (): string => {
  const now = Math.max(Date.now() * 1000, lastLog + 1);
  lastLog = now;
  const date = new Date(now / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join("");
  return `execute_command.${time}.${String(now % 1_000_000).padStart(6, "0")}.log`;
};

let lastLog = 0;

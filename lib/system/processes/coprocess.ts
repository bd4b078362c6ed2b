/** A program that answers line by line: the first question starts it, and it ends with this program. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import type { Ending } from "../../events/failure.js";
import { endingOf } from "./exit-status.js";
import { endGroup, groupStarted, isEnding, leaderEnded } from "./process-groups.js";

export interface CoprocessCommand {
  readonly file: string;
  /** The program gets the mark as one more argument. It starts each of its lines, and nothing else, with the mark. */
  readonly arguments: readonly string[];
  /** The time that the program has until its first line, which says that it is ready. */
  readonly startSeconds: number;
  /** The time that the program has for one answer. */
  readonly answerSeconds: number;
}

/** A question without an answer. The message is the program's last line on standard error, or how the program ended. */
export class Unanswered extends Error {
  constructor(
    /** The program never became ready, ended during its answer, took too long for it, or was ended with this program. */
    readonly when: "start" | "start_limit" | "answer" | "answer_limit" | "stop",
    message: string,
  ) {
    super(message);
  }
}

interface PendingQuestion {
  readonly line: string;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Unanswered) => void;
}

/** A started program. */
interface Coprocess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Whether its first line has come. */
  ready: boolean;
  limit: NodeJS.Timeout | undefined;
  errors: string;
}

/**
 * Sends a line and resolves with the line that answers it; answers come in the order of the questions. What the program
 * prints without the mark is ignored: the start-up files of an interpreter may print, too.
 *
 * Rejects with `Unanswered`. A program that ends before it is ready leaves every question unanswered. Later it leaves
 * only the question unanswered that it was working at: a new program gets the others.
 */
export const openCoprocess = (command: CoprocessCommand): ((line: string) => Promise<string>) => {
  let current: Coprocess | undefined;
  let waiting: PendingQuestion[] = [];

  const ended = (program: Coprocess, when: Unanswered["when"], how: string) => {
    clearTimeout(program.limit);
    if (current !== program) return;
    current = undefined;
    const unanswered = when.startsWith("answer") ? waiting.slice(0, 1) : waiting;
    waiting = waiting.slice(unanswered.length);
    const lastWords = program.errors.trim().split("\n").at(-1);
    for (const { reject } of unanswered) reject(new Unanswered(when, lastWords || how));
    if (waiting.length > 0) send(waiting);
  };

  const setLimit = (program: Coprocess, when: "start" | "answer") => {
    clearTimeout(program.limit);
    const seconds = command[`${when}Seconds`];
    program.limit = setTimeout(() => {
      const { pid } = program.child;
      hold(program.child, false);
      if (pid !== undefined) endGroup(pid);
      ended(program, `${when}_limit`, `it did not answer within ${seconds} s`);
    }, seconds * 1000);
  };

  const heard = (program: Coprocess, line: string) => {
    if (program.ready) waiting.shift()?.resolve(line);
    program.ready = true;
    clearTimeout(program.limit);
    if (waiting.length > 0) setLimit(program, "answer");
    // Without an open question, the child does not keep this program from ending.
    else hold(program.child, false);
  };

  const start = (): Coprocess => {
    const mark = randomBytes(12).toString("hex");
    // In a group of its own, it gets no Ctrl-C from the terminal: this program decides what Ctrl-C ends.
    const child = spawn(command.file, [...command.arguments, mark], { stdio: "pipe", detached: true });
    const { pid } = child;
    const program: Coprocess = { child, ready: false, limit: undefined, errors: "" };
    setLimit(program, "start");
    child.once("error", (error) => ended(program, "start", error.message));
    // A write to a child that has ended fails; its `close` event rejects the question.
    child.stdin.on("error", () => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      program.errors = (program.errors + text).slice(-4000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith(mark) && current === program) heard(program, line.slice(mark.length));
    });
    if (pid === undefined) return program;
    groupStarted(pid);
    let stopped = false;
    child.once("exit", () => {
      stopped = isEnding(pid);
      leaderEnded(pid, true);
    });
    // Its last answer may come after its exit.
    child.once("close", (status, signal) => {
      ended(program, stopped ? "stop" : program.ready ? "answer" : "start", howEnded(endingOf(status, signal)));
    });
    return program;
  };

  const send = (questions: readonly PendingQuestion[]) => {
    current ??= start();
    hold(current.child, true);
    if (current.ready && waiting.length === questions.length) setLimit(current, "answer");
    for (const { line } of questions) current.child.stdin.write(`${line}\n`);
  };

  return (line) =>
    new Promise((resolve, reject) => {
      const question = { line, resolve, reject };
      waiting.push(question);
      send([question]);
    });
};

const howEnded = ({ status, signal }: Ending): string =>
  signal === null ? `it ended with exit status ${String(status)}` : `${signal} ended it`;

/** Sets whether the child keeps this program from ending. */
const hold = (child: ChildProcessWithoutNullStreams, held: boolean): void => {
  const method = held ? "ref" : "unref";
  child[method]();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes are sockets in Node, but the types do not tell.
    (stream as unknown as Record<"ref" | "unref", () => void>)[method]();
  }
};

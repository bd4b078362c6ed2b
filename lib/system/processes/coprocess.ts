/** A program that answers line by line: the first question starts it, and it ends with this program. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

interface PendingQuestion {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends a line and resolves with the line that answers it; answers come in the order of the questions. If the program
 * cannot be started, or ends without an answer, rejects with its last line on standard error; the next question restarts
 * the program.
 */
export const openCoprocess = (file: string, args: readonly string[]): ((line: string) => Promise<string>) => {
  let child: ChildProcessWithoutNullStreams | undefined;
  let waiting: PendingQuestion[] = [];

  const start = (): ChildProcessWithoutNullStreams => {
    const started = spawn(file, args, { stdio: "pipe" });
    let errors = "";
    const ended = (reason: string) => {
      if (child !== started) return;
      child = undefined;
      const unanswered = waiting;
      waiting = [];
      for (const { reject } of unanswered) reject(new Error(errors.trim().split("\n").at(-1) || reason));
    };
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    createInterface({ input: started.stdout }).on("line", (line) => {
      waiting.shift()?.resolve(line);
      // Without an open question, the child does not keep this program from ending.
      if (waiting.length === 0) hold(started, false);
    });
    // A write to a child that has ended fails; its `close` event rejects the question.
    started.stdin.on("error", () => undefined);
    started.once("error", (error) => ended(error.message));
    started.once("close", (status) => ended(`it ended with exit status ${String(status)}`));
    return started;
  };

  return (line) =>
    new Promise((resolve, reject) => {
      child ??= start();
      waiting.push({ resolve, reject });
      hold(child, true);
      child.stdin.write(`${line}\n`);
    });
};

/** Sets whether the child keeps this program from ending. */
const hold = (child: ChildProcessWithoutNullStreams, held: boolean): void => {
  const method = held ? "ref" : "unref";
  child[method]();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes are sockets in Node, but the types do not tell.
    (stream as unknown as Record<"ref" | "unref", () => void>)[method]();
  }
};

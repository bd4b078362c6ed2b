/** A program that answers line by line: it is started when it is first asked, and ends when this program does. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

interface PendingQuestion {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Asks with a line, and gets the line that answers it: answers come in the order of the questions. Rejects, with the
 * last that the program said, where it cannot be started or ends before it has answered; the next question starts it anew.
 */
export const openCoprocess = (file: string, words: readonly string[]): ((line: string) => Promise<string>) => {
  let child: ChildProcessWithoutNullStreams | undefined;
  let waiting: PendingQuestion[] = [];

  const begin = (): ChildProcessWithoutNullStreams => {
    const begun = spawn(file, words, { stdio: "pipe" });
    let said = "";
    const over = (reason: string) => {
      if (child !== begun) return;
      child = undefined;
      const left = waiting;
      waiting = [];
      for (const { reject } of left) reject(new Error(said.trim().split("\n").at(-1) || reason));
    };
    begun.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
    createInterface({ input: begun.stdout }).on("line", (line) => {
      waiting.shift()?.resolve(line);
      // While nobody waits for it, it keeps nothing from ending.
      if (waiting.length === 0) hold(begun, false);
    });
    // A question to a program that has gone is answered by its end.
    begun.stdin.on("error", () => undefined);
    begun.once("error", (error) => over(error.message));
    begun.once("close", (status) => over(`it ended with exit status ${String(status)}`));
    return begun;
  };

  return (line) =>
    new Promise((resolve, reject) => {
      child ??= begin();
      waiting.push({ resolve, reject });
      hold(child, true);
      child.stdin.write(`${line}\n`);
    });
};

/** Whether this program waits for that one. */
const hold = (child: ChildProcessWithoutNullStreams, held: boolean): void => {
  const how = held ? "ref" : "unref";
  child[how]();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // Pipes are sockets in Node, which the types do not say.
    (stream as unknown as Record<"ref" | "unref", () => void>)[how]();
  }
};

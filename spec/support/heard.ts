/** A process under watch: its output so far, and how it ends. */
import type { ChildProcess } from "node:child_process";

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Heard {
  readonly child: ChildProcess;
  /** Its output so far. A terminal has one output only. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its output, of both kinds, once that holds this. */
  until(sign: string | RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Watches a process whose outputs are pipes. */
export const heard = (child: ChildProcess): Heard => {
  const out = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      out[name] += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, ...out }));
  });
  return {
    child,
    get stdout() {
      return out.stdout;
    },
    get stderr() {
      return out.stderr;
    },
    ended,
    until: (sign) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const text = out.stdout + out.stderr;
          if (typeof sign === "string" ? !text.includes(sign) : !sign.test(text)) return;
          waiting.delete(look);
          resolve(text);
        };
        waiting.add(look);
        look();
        const tooSoon = () => reject(new Error(`ended without ${sign.toString()}:\n${out.stdout}${out.stderr}`));
        ended.then(tooSoon, reject);
      }),
  };
};

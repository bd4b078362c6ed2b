/** A process that a spec observes: its output so far, and how it ends. */
import type { ChildProcess } from "node:child_process";

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ObservedProcess {
  readonly child: ChildProcess;
  /** The output so far. A terminal has standard output only. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with both outputs once one of them holds `sign`. */
  until(sign: string | RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Observes a process whose outputs are pipes. */
export const observe = (child: ChildProcess): ObservedProcess => {
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

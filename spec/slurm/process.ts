/** Processes of one user or another: what they say, and how they end. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** All that came out so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** What it printed, on whichever output, once it holds this. */
  until(sign: string | RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

export interface Where {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

export const self = (): User => {
  const { username, uid, gid, homedir } = userInfo();
  return { name: username, uid, gid, home: homedir };
};

/** A user of this machine itself. */
export const userCalled = (name: string): User => {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [, , uid, gid, , home] = users.find(([called]) => called === name) ?? [];
  if (home === undefined) throw new Error(`there is no user ${name}`);
  return { name, uid: Number(uid), gid: Number(gid), home };
};

/** Starts it with no more of our environment than the path: much of that is about us, and not about this user. */
export const startAs = (user: User, file: string, words: readonly string[], { directory, env }: Where): Running => {
  // Nobody but root may become somebody, if only themselves.
  const become = user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid };
  const { PATH = "/usr/bin:/bin" } = process.env;
  const own = { PATH, LANG: "C.UTF-8", SHELL: "/bin/bash", HOME: user.home, USER: user.name, LOGNAME: user.name };
  const child = spawn(file, words, {
    cwd: directory,
    env: { ...own, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...become,
  });
  const out = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
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

/** Processes of one user or another. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { type Heard, heard } from "../support/heard.js";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
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
export const startAs = (user: User, file: string, words: readonly string[], { directory, env }: Where): Heard => {
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
  return heard(child);
};

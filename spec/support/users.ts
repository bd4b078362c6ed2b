/** Processes that run as a given user. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { type ObservedProcess, observe } from "./observed-process.js";

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

export const currentUser = (): User => {
  const { username, uid, gid, homedir } = userInfo();
  return { name: username, uid, gid, home: homedir };
};

/** A user in /etc/passwd. */
export const userNamed = (name: string): User => {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [, , uid, gid, , home] = users.find(([called]) => called === name) ?? [];
  if (home === undefined) throw new Error(`there is no user ${name}`);
  return { name, uid: Number(uid), gid: Number(gid), home };
};

/** Starts a process as a user. Of the specs' own environment it gets the path alone: the rest is about another user. */
export const startAs = (
  user: User,
  file: string,
  words: readonly string[],
  { directory, env }: Where,
): ObservedProcess => {
  // Only root may set a uid, even its own.
  const identity = user.uid === process.getuid?.() ? {} : { uid: user.uid, gid: user.gid };
  const { PATH = "/usr/bin:/bin" } = process.env;
  const own = { PATH, LANG: "C.UTF-8", SHELL: "/bin/bash", HOME: user.home, USER: user.name, LOGNAME: user.name };
  const child = spawn(file, words, {
    cwd: directory,
    env: { ...own, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...identity,
  });
  return observe(child);
};

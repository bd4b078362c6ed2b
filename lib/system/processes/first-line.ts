/** The first line of a script, and whether it names an interpreter that this machine has. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { isOnPath } from "./which.js";

/** The first 256 bytes of a file: the kernel reads no more of a first line (BINPRM_BUF_SIZE). Empty if unreadable. */
export const headOf = (path: string): string => {
  const bytes = Buffer.alloc(256);
  try {
    const file = openSync(path, constants.O_RDONLY);
    try {
      return bytes.toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
};

/** Whether a file with this head is a text that names no interpreter. */
export const isBareText = (head: string): boolean => head !== "" && !head.startsWith("#!") && !head.includes("\0");

/** Why the system cannot start a script with this head, as the end of a sentence. Relative paths start at `directory`. */
export const interpreterProblem = (head: string, directory: string): string | undefined => {
  const [, line] = /^#!([^\n]*)/.exec(head) ?? [];
  if (line === undefined) return undefined;
  if (line.endsWith("\r"))
    return "its first line ends with a Windows line break, which becomes part of the interpreter's name: `sed -i 's/\\r$//'` removes it";
  const [interpreter = "", ...args] = line.trim().split(/[ \t]+/);
  if (interpreter === "") return "its first line names no interpreter after `#!`";
  try {
    const path = resolve(directory, interpreter);
    if (!statSync(path).isFile()) return `its first line names the interpreter ${interpreter}, which is not a program`;
    accessSync(path, constants.X_OK);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return `its first line names the interpreter ${interpreter}, which ${missing ? "does not exist" : "cannot be executed"}`;
  }
  // `env -S` and `env NAME=value` have more arguments before the program.
  const program = basename(interpreter) === "env" ? args.find((arg) => !/^-|=/.test(arg)) : undefined;
  if (program === undefined || program.includes("/") || isOnPath(program)) return undefined;
  return `its first line names the program ${program}, which is in no directory of PATH`;
};

/** The terminal that the program shares with a shell: while the program is in the background, the screen is the shell's. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Whether the program is in the foreground of its terminal (proc(5), `stat`, fields 5, 7 and 8). True without a
 * terminal of its own, and where the system does not tell.
 */
export const inForeground = (): boolean => {
  const [group, , terminal, foreground] = statFields().slice(2);
  if (terminal === undefined || terminal === "0" || Number(foreground) <= 0) return true;
  return group === foreground;
};

/**
 * Whether the program may write to standard error: after `stty tostop`, the system stops a program that writes from the
 * background.
 */
export const mayWriteStderr = (): boolean => !process.stderr.isTTY || inForeground() || !isBackgroundStopped();

const statFields = (): readonly string[] => {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // The second field is the program's name in parentheses, which may hold any character.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
};

/** Node cannot ask the terminal, `stty` can. */
const isBackgroundStopped = (): boolean => {
  try {
    const settings = execFileSync("stty", ["-a"], { stdio: [2, "pipe", "ignore"], encoding: "utf8", timeout: 2000 });
    return /(?<!\S)tostop\b/.test(settings);
  } catch {
    return false;
  }
};

/** Telling processes from others that had, or will have, the same number. */
import { readFileSync, readlinkSync } from "node:fs";

/** What the system calls the time since it was last started; empty where it does not tell. */
export const bootId = (): string => readIfAny("/proc/sys/kernel/random/boot_id").trim();

/** The set of processes whose numbers this one can see: a container has one of its own. */
export const processSpace = (): string => {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
};

/**
 * When a process was started, in ticks since the boot (proc(5), `stat`, field 22): with its number, its name for ever.
 * Undefined if there is none, or it has ended and nobody has asked for its exit status; empty where the system does
 * not tell.
 */
export const startTime = (pid: number): string | undefined => {
  const stat = readIfAny(`/proc/${pid}/stat`);
  if (stat !== "") return ticksOf(stat);
  try {
    process.kill(pid, 0);
    return readIfAny("/proc/self/stat") === "" ? "" : undefined;
  } catch {
    return undefined;
  }
};

/** The start time in a line of `/proc/<pid>/stat`. A zombie has ended. */
export const ticksOf = (stat: string): string | undefined => {
  // The second field is the program's name in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : (fields[19] ?? "");
};

const readIfAny = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

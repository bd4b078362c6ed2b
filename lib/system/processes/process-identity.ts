/** Identity of processes: tells a process from others that have had, or will have, the same process id. */
import { readFileSync, readlinkSync } from "node:fs";

/** The id of the current boot; empty if the system has none. */
export const bootId = (): string => readIfAny("/proc/sys/kernel/random/boot_id").trim();

/** The PID namespace of this process: a container has its own. */
export const processSpace = (): string => {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
};

/**
 * When a process was started, in ticks since the boot (proc(5), `stat`, field 22): together with its process id, this
 * identifies it for ever. Undefined if there is no such process, or only a zombie; empty if the system does not tell.
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
  // The second field is the program's name in parentheses, which may hold any character.
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

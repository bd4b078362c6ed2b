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

/** Whether a process is running that was started with this argument. */
export const hasArgument = (pid: number, argument: string): boolean =>
  readIfAny(`/proc/${pid}/cmdline`).split("\0").includes(argument);

/** The start time in a line of `/proc/<pid>/stat`. A zombie has ended. */
export const ticksOf = (stat: string): string | undefined => {
  const [state, fields] = statFields(stat);
  return state === "Z" || state === "X" ? undefined : (fields[18] ?? "");
};

/** The ids of the process group and the session in a line of `/proc/<pid>/stat`. */
export const groupAndSessionOf = (stat: string): readonly number[] => statFields(stat)[1].slice(1, 3).map(Number);

/** The state of a process, and the fields after it. */
const statFields = (stat: string): readonly [state: string, fields: readonly string[]] => {
  // The second field is the program's name in parentheses, which may hold any character.
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [state, fields];
};

const readIfAny = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** What is left of a command whose shell was killed: processes of its group that still work in its directory. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { groupAndSessionOf, startTime, ticksOf } from "./process-identity.js";

/** The process group of a command, which is also its session, and the directory in which the command was started. */
export interface FormerGroup {
  /** The process id that its leader, the shell, had. */
  readonly leader: number;
  readonly directory: string;
}

/**
 * Whether a process of the group is running. The system may give the number of a group that has ended to another one, so
 * a process counts only if it works in the directory: it is there, or has a file open there.
 */
export const hasMember = ({ leader, directory }: FormerGroup): boolean => {
  // While a process of the group is running, no new process gets the leader's id.
  if (startTime(leader) !== undefined) return false;
  const place = realPathOf(directory);
  return entriesOf("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      const stat = statOf(pid);
      return ticksOf(stat) !== undefined && groupAndSessionOf(stat).includes(leader) && worksIn(pid, place);
    });
};

/** Empty if the process has ended. */
const statOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
};

const worksIn = (pid: string, directory: string): boolean => {
  const opened = `/proc/${pid}/fd`;
  return [`/proc/${pid}/cwd`, ...entriesOf(opened).map((name) => join(opened, name))].some((link) => {
    // The system adds this to the name of what was removed.
    const path = targetOf(link).replace(/ \(deleted\)$/, "");
    return path === directory || path.startsWith(`${directory}/`);
  });
};

const entriesOf = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch {
    // The process has ended, or belongs to another user.
    return [];
  }
};

const targetOf = (link: string): string => {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
};

const realPathOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

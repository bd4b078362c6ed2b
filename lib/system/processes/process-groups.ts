/** The process groups that this program has started and that have not ended, and how to end them. */

/** The grace time of a group between SIGTERM and SIGKILL. */
const GRACE_MS = 5000;
const POLL_MS = 25;

interface ProcessGroup {
  state: "running" | "ending";
  /**
   * Lets the group run on without this program; absent if no later start could find out how the group ended. Otherwise the
   * leader is a shell that writes a claim.
   */
  readonly leave: (() => void) | undefined;
}

/** By the process id of the leader, which is also the id of the group. */
const groups = new Map<number, ProcessGroup>();

export const groupStarted = (leader: number, leave?: () => void): void => {
  groups.set(leader, { state: "running", leave });
};

/** Leaves every group running whose end a later start can find out. Returns the number of these groups. */
export const leaveRunning = (): number => {
  let left = 0;
  for (const [leader, { state, leave }] of groups) {
    if (state === "ending" || leave === undefined) continue;
    groups.delete(leader);
    leave();
    left += 1;
  }
  return left;
};

/**
 * Notes that the leader of a group has ended. `sweep` kills the processes that the leader left running. In a group that
 * has received SIGTERM, these processes keep the rest of their grace time.
 */
export const leaderEnded = (leader: number, sweep: boolean): void => {
  if (groups.get(leader)?.state !== "running") return;
  groups.delete(leader);
  if (sweep) signalGroup(leader, "SIGKILL");
};

/** Sends SIGTERM to a group and, after the grace time, SIGKILL to the processes left. Returns at once. */
export const endGroup = (leader: number): void => {
  const group = groups.get(leader);
  if (group?.state !== "running") return;
  group.state = "ending";
  // A shell that writes a claim would outlive SIGTERM, and record an end that this program has caused as one of the
  // command's own. The next start would then take a command that was interrupted for one that failed.
  if (group.leave !== undefined) signalProcess(leader, "SIGKILL");
  signalGroup(leader, "SIGTERM");
  // A stopped process has to continue before it can end.
  signalGroup(leader, "SIGCONT");
  const until = performance.now() + GRACE_MS;
  const poll = () => {
    if (performance.now() >= until) signalGroup(leader, "SIGKILL");
    else if (exists(leader)) return void setTimeout(poll, POLL_MS);
    groups.delete(leader);
  };
  setTimeout(poll, POLL_MS);
};

/** Whether this program has sent SIGTERM to a group, and the group's grace time is not over. */
export const isEnding = (leader: number): boolean => groups.get(leader)?.state === "ending";

/** Ends every group as `endGroup` does, even if its subscriber stays subscribed. */
export const endEveryGroup = (): void => {
  for (const leader of groups.keys()) endGroup(leader);
};

/** Kills every group. For the last moment of the program, when it can no longer wait. */
export const killEveryGroup = (): void => {
  for (const leader of groups.keys()) signalGroup(leader, "SIGKILL");
  groups.clear();
};

const exists = (leader: number): boolean => signalGroup(leader, 0);

/** Whether the group had a process that this user may signal. */
const signalGroup = (leader: number, signal: NodeJS.Signals | 0): boolean => signalProcess(-leader, signal);

const signalProcess = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};

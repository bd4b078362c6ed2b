/** The process groups that this program has started and that have not ended, and how to end them. */

/** How long a group may take after SIGTERM before it is killed. */
const GRACE_MS = 5000;
const POLL_MS = 25;

interface ProcessGroup {
  state: "running" | "ending";
  /** Lets the group run on without this program; absent if its end could not be found out afterwards. */
  readonly leave: (() => void) | undefined;
}

/** By the process id of the leader, which is also the id of the group. */
const groups = new Map<number, ProcessGroup>();

export const groupStarted = (leader: number, leave?: () => void): void => {
  groups.set(leader, { state: "running", leave });
};

/** Gives up every group whose end can be found out afterwards: this program no longer ends it. Returns their number. */
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
 * Notes that the leader of a group has ended. With `sweep`, what it left running is killed; otherwise that runs on. In a
 * group that has had SIGTERM, what is left keeps the rest of its time.
 */
export const leaderEnded = (leader: number, sweep: boolean): void => {
  if (groups.get(leader)?.state !== "running") return;
  groups.delete(leader);
  if (sweep) signalGroup(leader, "SIGKILL");
};

/** Sends SIGTERM to a group, and SIGKILL to what is left of it when the time is up. Returns at once. */
export const endGroup = (leader: number): void => {
  const group = groups.get(leader);
  if (group?.state !== "running") return;
  group.state = "ending";
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

/** Ends every group as `endGroup` does, also those without a subscriber. */
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
const signalGroup = (leader: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
};

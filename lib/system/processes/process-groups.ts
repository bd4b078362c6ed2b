/** The process groups that this program has started and not seen to end, and how they are ended. */

/** How long a group that was asked to end may take before it is killed. */
const GRACE_MS = 5000;
const LOOK_MS = 25;

interface ProcessGroup {
  state: "running" | "ending";
  /** Lets it go on without this program; absent where nobody could find out afterwards how it ended. */
  readonly leave: (() => void) | undefined;
}

/** By the process id of their leader, which is the group's id too. */
const groups = new Map<number, ProcessGroup>();

export const groupStarted = (leader: number, leave?: () => void): void => {
  groups.set(leader, { state: "running", leave });
};

/** From here on, those of which the end can be found out afterwards are ended by nobody. Returns how many there are. */
export const leaveToThemselves = (): number => {
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
 * Its leader has ended. What it left running stays, unless it is to be swept away; in a group that was asked to end,
 * what is left has the rest of its time.
 */
export const leaderEnded = (leader: number, sweep: boolean): void => {
  if (groups.get(leader)?.state !== "running") return;
  groups.delete(leader);
  if (sweep) signalGroup(leader, "SIGKILL");
};

/** SIGTERM to all of a group, and SIGKILL to what is still there when the time is up. Returns at once. */
export const endGroup = (leader: number): void => {
  const group = groups.get(leader);
  if (group?.state !== "running") return;
  group.state = "ending";
  signalGroup(leader, "SIGTERM");
  // One that is stopped has to go on to be ended.
  signalGroup(leader, "SIGCONT");
  const until = performance.now() + GRACE_MS;
  const look = () => {
    if (performance.now() >= until) signalGroup(leader, "SIGKILL");
    else if (isThere(leader)) return void setTimeout(look, LOOK_MS);
    groups.delete(leader);
  };
  setTimeout(look, LOOK_MS);
};

/** Asks every group to end, also those that nobody watches any more. */
export const letGoOfEverything = (): void => {
  for (const leader of groups.keys()) endGroup(leader);
};

/** Kills every group. For the last moment of the program: it can wait for nothing any more. */
export const endEverything = (): void => {
  for (const leader of groups.keys()) signalGroup(leader, "SIGKILL");
  groups.clear();
};

const isThere = (leader: number): boolean => signalGroup(leader, 0);

/** Whether anything of the group was there. What is there and belongs to somebody else is not ours to end. */
const signalGroup = (leader: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
};

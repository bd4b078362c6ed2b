/** The process groups that this program has started and not seen to end, and how they are ended. */

/** How long a group that was asked to end may take before it is killed. */
const GRACE_MS = 5000;
const LOOK_MS = 25;

/** By the process id of their leader, which is the group's id too; and whether it has been asked to end. */
const groups = new Map<number, "running" | "ending">();

export const groupStarted = (leader: number): void => {
  groups.set(leader, "running");
};

/**
 * Its leader has ended. What it left running stays, unless it is to be swept away; in a group that was asked to end,
 * what is left has the rest of its time.
 */
export const leaderEnded = (leader: number, sweep: boolean): void => {
  if (groups.get(leader) !== "running") return;
  groups.delete(leader);
  if (sweep) signalGroup(leader, "SIGKILL");
};

/** SIGTERM to all of a group, and SIGKILL to what is still there when the time is up. Returns at once. */
export const endGroup = (leader: number): void => {
  if (groups.get(leader) !== "running") return;
  groups.set(leader, "ending");
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

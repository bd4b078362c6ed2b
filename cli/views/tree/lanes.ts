/** One line a run in progress: what it does or waits for, since when, and its job. */
import type { RunState, State } from "../../../lib/index.js";
import { clock, count, printable } from "../format.js";
import { cut, named } from "./fit.js";
import type { FrameStyle } from "./scenery.js";

/** At most `room` lines. Runs that work come first, then those that wait, each in the order in which they started. */
export const lanes = (state: State, room: number, now: number, look: FrameStyle): readonly string[] => {
  const { active } = state;
  if (room <= 0 || active.size === 0) return [];
  const told = active.size <= room ? active.size : room - 1;
  const shown = pick(active, told);
  const width = Math.min(24, Math.max(6, ...shown.map(({ run }) => printable(run).length)));
  const lines = shown.map((run) => cut(lane(run, width, now, look), look));
  const left = active.size - shown.length;
  if (left === 0) return lines;
  return [...lines, cut(look.paints.faint(`    ${look.signs.more} ${count(left, "more run")} in progress`), look)];
};

const pick = (active: ReadonlyMap<string, RunState>, room: number): readonly RunState[] => {
  const working: RunState[] = [];
  const waiting: RunState[] = [];
  for (const run of active.values()) {
    // There may be thousands; nobody can see more than fit.
    if (working.length === room) break;
    if (waits(run) === undefined) working.push(run);
    else if (waiting.length < room) waiting.push(run);
  }
  return [...working, ...waiting].slice(0, room);
};

const lane = (run: RunState, width: number, now: number, look: FrameStyle): string => {
  const { faint, odd } = look.paints;
  const wait = waits(run);
  const since = wait === undefined ? run.since : (run.task?.since ?? run.since);
  const time = since === undefined ? "" : clock((now - Date.parse(since)) / 1000);
  const doing = wait === undefined ? printable(phase(run)) : odd(`waits: ${printable(wait)}`);
  return `  ${faint(look.signs.lane)} ${named(printable(run.run), width, look)} ${time.padStart(6)}  ${doing}`;
};

/** A job that the scheduler has not started yet waits, as does a run without a seat. */
const waits = ({ waiting, task, phase, job, jobState, jobMessage }: RunState): string | undefined => {
  if (task?.waiting !== undefined) return `${task.task} ${task.name}: ${task.waiting}`;
  if (phase === "maxjobs") return "a free job slot (maxjobs)";
  if (waiting !== undefined) return waiting;
  if (phase !== "job" || jobState === undefined || jobState === "running") return undefined;
  return `job ${job ?? ""} is ${jobState}${jobMessage === undefined ? "" : `: ${jobMessage}`}`;
};

const phase = ({ phase, task, job, jobState }: RunState): string => {
  if (task !== undefined) return `${task.task} ${task.name}`;
  if (phase === "prepare") return "preparing its directory";
  if (phase === "ready") return "its directory is ready";
  if (phase !== "job") return phase;
  if (job === undefined) return "submitting its job";
  return `job ${job} ${jobState ?? "submitted"}`;
};

/** One line per run in progress: what the run does or waits for, for how long, and its job. */
import type { RunState, State } from "../../../lib/index.js";
import { clock, count, printable } from "../format.js";
import type { FrameStyle } from "./frame-style.js";
import { fitName, truncate } from "./truncate.js";

/** At most `room` lines. Working runs come first, then waiting ones, each in the order in which they started. */
export const lanes = (state: State, room: number, now: number, style: FrameStyle): readonly string[] => {
  const { active } = state;
  if (room <= 0 || active.size === 0) return [];
  const visible = active.size <= room ? active.size : room - 1;
  const shown = pick(active, visible);
  const width = Math.min(24, Math.max(6, ...shown.map(({ run }) => printable(run).length)));
  const lines = shown.map((run) => truncate(lane(run, width, now, style), style));
  const left = active.size - shown.length;
  if (left === 0) return lines;
  return [
    ...lines,
    truncate(style.palette.dim(`    ${style.glyphs.more} ${count(left, "more run")} in progress`), style),
  ];
};

const pick = (active: ReadonlyMap<string, RunState>, room: number): readonly RunState[] => {
  const working: RunState[] = [];
  const waiting: RunState[] = [];
  for (const run of active.values()) {
    // Thousands may be active: stop once the room is filled.
    if (working.length === room) break;
    if (waitingFor(run) === undefined) working.push(run);
    else if (waiting.length < room) waiting.push(run);
  }
  return [...working, ...waiting].slice(0, room);
};

const lane = (run: RunState, width: number, now: number, style: FrameStyle): string => {
  const { dim, warn } = style.palette;
  const wait = waitingFor(run);
  const since = wait === undefined ? run.since : (run.task?.since ?? run.since);
  const time = since === undefined ? "" : clock((now - Date.parse(since)) / 1000);
  const doing = wait === undefined ? printable(phase(run)) : warn(`waiting: ${printable(wait)}`);
  return `  ${dim(style.glyphs.lane)} ${fitName(printable(run.run), width, style)} ${time.padStart(6)}  ${doing}`;
};

/** What the run waits for: a check, a job slot, or the scheduler to take or start its job. Undefined if it works. */
const waitingFor = ({ waiting, task, phase, job, jobState, jobMessage }: RunState): string | undefined => {
  if (task?.waiting !== undefined) return `${task.task} ${task.name}: ${task.waiting}`;
  if (phase === "maxjobs") return "no free job slot (maxjobs)";
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

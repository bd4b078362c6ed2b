/** The stages of an ensemble, one line each: `pre_process`, its batches with their counters and bars, `post_process`. */
import type { BatchState, State } from "../../../lib/index.js";
import { clock, count, grouped, printable } from "../format.js";
import { bar, type Progress, progressOf } from "./bar.js";
import { cut, named } from "./fit.js";
import type { Scenery } from "./scenery.js";
import type { Stage } from "./stages.js";

/** At most `room` lines, but one at least. With too many stages, those that run come first. */
export const stageLines = (
  state: State,
  stages: readonly Stage[],
  room: number,
  now: number,
  scenery: Scenery,
): readonly string[] => {
  const fits = stages.length <= Math.max(1, room);
  const shown = fits
    ? stages
    : [...stages].sort((a, b) => RANK[a.status] - RANK[b.status]).slice(0, Math.max(0, room - 1));
  const width = Math.min(20, Math.max(4, ...shown.map(({ name }) => printable(name).length)));
  const lines = shown.map((stage) => cut(line(state, stage, width, now, scenery), scenery));
  return fits ? lines : [...lines, cut(rest(stages, shown, scenery), scenery)];
};

const RANK: Readonly<Record<Stage["status"], number>> = { running: 0, failed: 1, waiting: 2, done: 3 };

const rest = (stages: readonly Stage[], shown: readonly Stage[], { signs, paints }: Scenery): string => {
  const hidden = stages.filter((stage) => !shown.includes(stage));
  const words = (["running", "failed", "waiting", "done"] as const)
    .map((status) => ({ status, number: hidden.filter((stage) => stage.status === status).length }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status}`);
  return paints.faint(`  ${signs.more} ${count(hidden.length, "more stage")}: ${words.join(", ")}`);
};

const line = (state: State, stage: Stage, width: number, now: number, scenery: Scenery): string => {
  const { signs, paints } = scenery;
  const paint = { waiting: paints.faint, running: paints.strong, done: paints.good, failed: paints.bad }[stage.status];
  const head = `  ${paint(signs[stage.status])} ${named(printable(stage.name), width, scenery)}  `;
  const batch = stage.batch ? state.batches.get(stage.name) : undefined;
  const says = printable(stage.status === "done" ? "done" : (stage.says ?? resting(state, stage)));
  if (batch?.since === undefined) return head + (stage.status === "failed" ? paints.bad(`failed: ${says}`) : says);
  return head + ofBatch(batch, stage, scenery.columns - width - 6, now, scenery);
};

/** What is told of a stage that has nothing to tell itself. */
const resting = ({ started, finished }: State, { status, batch, name }: Stage): string => {
  if (status !== "waiting") return status;
  if (finished !== undefined) return "not started";
  const after = batch ? (started?.batches.find((one) => one.batch === name)?.after ?? []) : [];
  return after.length > 0 ? `waits for ${after.join(", ")}` : "waiting";
};

/** From rich to poor: the first that fits is shown. What is left out first is what can be told from the rest. */
const ofBatch = (batch: BatchState, stage: Stage, columns: number, now: number, scenery: Scenery): string => {
  const { paints, signs } = scenery;
  const progress = progressOf(batch, now);
  const cells = columns >= 100 ? 30 : columns >= 60 ? 14 : 8;
  const meter = `${bar(progress, cells, paints, signs)} ${String(progress.percent).padStart(3)}%  `;
  const extra = remark(batch, stage, paints);
  const { all, few } = countsOf(batch, stage, progress, scenery);
  const time = paints.faint(timesOf(progress, stage));
  // Why it failed, or what all its runs have to wait for, is more than a bar.
  const poorest = `${progress.percent}%  ${few}${extra}`;
  const candidates = [
    `${meter}${all}  ${time}${extra}`,
    `${meter}${few}  ${time}${extra}`,
    ...(extra === "" ? [`${progress.percent}%  ${few}  ${time}`] : []),
  ];
  return candidates.find((text) => cut(text, { ...scenery, columns }) === text) ?? poorest;
};

/** What the batch as a whole does, or why it failed. */
const remark = ({ task }: BatchState, { status, says }: Stage, { bad, odd }: Scenery["paints"]): string => {
  if (status === "failed" && says !== undefined) return `  ${bad(printable(`failed: ${says}`))}`;
  if (task === undefined) return "";
  const waits = task.waiting === undefined ? "" : ` waits: ${task.waiting}`;
  return `  ${odd(printable(`${task.task} ${task.name}${waits}`))}`;
};

const countsOf = (batch: BatchState, { status }: Stage, progress: Progress, { paints }: Scenery) => {
  const { ended, failed, runs } = progress;
  const cycle = batch.cycle > 0 ? [`cycle ${batch.cycle}`] : [];
  const done = `${grouped(ended)}/${grouped(runs)}`;
  const wrong = failed > 0 ? [paints.bad(`${grouped(failed)} failed`)] : [];
  const skipped = batch.skipped - batch.before.skipped;
  const left = skipped > 0 ? [`${grouped(skipped)} skipped`] : [];
  const active = status === "running" && batch.active > 0 ? [`${grouped(batch.active)} in progress`] : [];
  return {
    all: [...cycle, `${done} ended`, ...wrong, ...left, ...active].join(", "),
    few: [...cycle, done, ...wrong].join(", "),
  };
};

const timesOf = ({ elapsed_s, left_s }: Progress, stage: Stage): string => {
  if (elapsed_s === undefined) return "";
  if (stage.status !== "running" || left_s === undefined) return clock(elapsed_s);
  return `${clock(elapsed_s)}, about ${clock(left_s)} left`;
};

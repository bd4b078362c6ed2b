/** One line per stage of an ensemble: `pre_process`, each batch with its counters and bar, `post_process`. */
import type { BatchState, State } from "../../../lib/index.js";
import type { Palette } from "../color.js";
import { clock, count, printable, withCommas } from "../format.js";
import { bar, type Progress, progressOf } from "./bar.js";
import type { FrameLayout } from "./frame-style.js";
import type { Stage } from "./stages.js";
import { fitName, truncate } from "./truncate.js";

/** At most `room` lines, but at least one. If not all stages fit, running ones come first. */
export const stageLines = (
  state: State,
  stages: readonly Stage[],
  room: number,
  now: number,
  layout: FrameLayout,
): readonly string[] => {
  const fits = stages.length <= Math.max(1, room);
  const shown = fits
    ? stages
    : [...stages].sort((a, b) => RANK[a.status] - RANK[b.status]).slice(0, Math.max(0, room - 1));
  const width = Math.min(20, Math.max(4, ...shown.map(({ name }) => printable(name).length)));
  const lines = shown.map((stage) => truncate(line(state, stage, width, now, layout), layout));
  return fits ? lines : [...lines, truncate(hiddenStages(stages, shown, layout), layout)];
};

const RANK: Readonly<Record<Stage["status"], number>> = { running: 0, failed: 1, waiting: 2, done: 3 };

const hiddenStages = (stages: readonly Stage[], shown: readonly Stage[], { glyphs, palette }: FrameLayout): string => {
  const hidden = stages.filter((stage) => !shown.includes(stage));
  const words = (["running", "failed", "waiting", "done"] as const)
    .map((status) => ({ status, number: hidden.filter((stage) => stage.status === status).length }))
    .filter(({ number }) => number > 0)
    .map(({ status, number }) => `${number} ${status}`);
  return palette.dim(`  ${glyphs.more} ${count(hidden.length, "more stage")}: ${words.join(", ")}`);
};

const line = (state: State, stage: Stage, width: number, now: number, layout: FrameLayout): string => {
  const { glyphs, palette } = layout;
  const paint = { waiting: palette.dim, running: palette.bold, done: palette.good, failed: palette.bad }[stage.status];
  const head = `  ${paint(glyphs[stage.status])} ${fitName(printable(stage.name), width, layout)}  `;
  const batch = stage.batch ? state.batches.get(stage.name) : undefined;
  const text = printable(stage.status === "done" ? "done" : (stage.message ?? idleText(state, stage)));
  if (batch?.since === undefined) return head + (stage.status === "failed" ? palette.bad(`failed: ${text}`) : text);
  return head + batchText(batch, stage, layout.columns - width - 6, now, layout);
};

/** The text for a stage that has emitted no message. */
const idleText = ({ started, finished, batches }: State, { status, batch, name }: Stage): string => {
  if (status !== "waiting") return status;
  const needs = batch ? batches.get(name)?.needs : undefined;
  if (needs !== undefined) return `not started: ${needs} has not succeeded`;
  if (finished !== undefined) return "not started";
  const after = batch ? (started?.batches.find((one) => one.batch === name)?.after ?? []) : [];
  return after.length > 0 ? `waiting for ${after.join(", ")}` : "waiting";
};

/** The longest of several texts that fits. The shorter texts leave out what the rest implies. */
const batchText = (batch: BatchState, stage: Stage, columns: number, now: number, layout: FrameLayout): string => {
  const { palette, glyphs } = layout;
  const progress = progressOf(batch, now);
  const cells = columns >= 100 ? 30 : columns >= 60 ? 14 : 8;
  const meter = `${bar(progress, cells, palette, glyphs)} ${String(progress.percent).padStart(3)}%  `;
  // If the counts of a finished batch show failed runs, the remark would only repeat them.
  const extra = batch.finished?.ok && progress.failed > 0 ? "" : remark(batch, stage, palette);
  const { full, short } = countsOf(batch, stage, progress, layout);
  const time = palette.dim(timesOf(progress, stage));
  // The reason of a failure, or the task that all runs wait for, matters more than the bar.
  const shortest = `${progress.percent}%  ${short}${extra}`;
  const candidates = [
    `${meter}${full}  ${time}${extra}`,
    `${meter}${short}  ${time}${extra}`,
    ...(extra === "" ? [`${progress.percent}%  ${short}  ${time}`] : []),
  ];
  return candidates.find((text) => truncate(text, { ...layout, columns }) === text) ?? shortest;
};

/** The task of the batch itself that is in progress, or why the batch failed. */
const remark = ({ task }: BatchState, { status, message }: Stage, { bad, warn }: Palette): string => {
  if (status === "failed" && message !== undefined) return `  ${bad(printable(`failed: ${message}`))}`;
  if (task === undefined) return "";
  const wait = task.waiting === undefined ? "" : ` waiting: ${task.waiting}`;
  return `  ${warn(printable(`${task.task} ${task.name}${wait}`))}`;
};

const countsOf = (batch: BatchState, { status }: Stage, progress: Progress, { palette }: FrameLayout) => {
  const { ended, failed, runs } = progress;
  const cycle = batch.cycle > 0 ? [`cycle ${batch.cycle}`] : [];
  const done = `${withCommas(ended)}/${withCommas(runs)}`;
  const failures = failed > 0 ? [palette.bad(`${withCommas(failed)} failed`)] : [];
  const skips = batch.skipped > 0 ? [`${withCommas(batch.skipped)} skipped`] : [];
  const active = status === "running" && batch.active > 0 ? [`${withCommas(batch.active)} in progress`] : [];
  return {
    full: [...cycle, `${done} ended`, ...failures, ...skips, ...active].join(", "),
    short: [...cycle, done, ...failures].join(", "),
  };
};

const timesOf = ({ elapsed_s, left_s }: Progress, stage: Stage): string => {
  if (elapsed_s === undefined) return "";
  if (stage.status !== "running" || left_s === undefined) return clock(elapsed_s);
  return `${clock(elapsed_s)}, about ${clock(left_s)} left`;
};

/** One frame of the live tree: the lines that fit into the terminal, the most important first. A pure function. */
import { type State, tally } from "../../../lib/index.js";
import type { Palette } from "../color.js";
import { clock, count, printable, withCommas } from "../format.js";
import { failures } from "./failures.js";
import type { FrameLayout } from "./frame-style.js";
import type { Glyphs } from "./glyphs.js";
import { lanes } from "./lanes.js";
import { stageLines } from "./stage-lines.js";
import type { Stage } from "./stages.js";
import { truncate } from "./truncate.js";

/** `now`: milliseconds on the clock of the events. */
export const frame = (state: State, stages: readonly Stage[], now: number, layout: FrameLayout): readonly string[] => {
  const { room } = layout;
  const head = truncate(headline(state, now, layout), layout);
  // Fewer rows have no space for a tree: the headline alone must do.
  if (room < 3) return [head];
  const stop = stoppingNote(state, layout);
  const notes = [stalledNote(state, layout), silentNote(state, layout), stop].filter((text) => text !== undefined);
  const top = [head, ...notes.slice(0, room - 1).map((text) => truncate(text, layout))];
  const rest = room - top.length;
  const isFinished = state.finished !== undefined;
  const running = isFinished ? 0 : state.active.size;
  const failing = 2 * state.failureCount;
  // If not all fits, stages, lanes and failures get at least a third each.
  const share = Math.floor(rest / 3);
  const tree = stageLines(state, stages, rest - Math.min(running, share) - Math.min(failing, share), now, layout);
  const left = rest - tree.length;
  const failed = failures(state, Math.max(left - running, Math.min(failing, Math.floor(left / 2))), layout);
  const live = lanes(state, isFinished ? 0 : left - failed.length, now, layout);
  return [...top, ...tree, ...live, ...failed];
};

const headline = (state: State, now: number, { glyphs, palette }: FrameLayout): string => {
  const { started, finished } = state;
  if (started === undefined) return "";
  const counts = tally(state);
  const total = started.batches.reduce((sum, { runs }) => sum + runs, 0);
  const ended = counts.succeeded + counts.failed + counts.skipped;
  const parts = [
    `${withCommas(ended)} of ${count(total, "run")} ended`,
    ...(counts.failed > 0 ? [palette.bad(`${withCommas(counts.failed)} failed`)] : []),
    ...(counts.skipped > 0 ? [`${withCommas(counts.skipped)} skipped`] : []),
    ...(finished === undefined && state.active.size > 0 ? [`${withCommas(state.active.size)} in progress`] : []),
    ...(finished !== undefined && counts.interrupted > 0 ? [`${withCommas(counts.interrupted)} interrupted`] : []),
  ].join(", ");
  const started_ms = started.time === undefined ? now : Date.parse(started.time);
  const time = palette.dim(clock(finished?.elapsed_s ?? (now - started_ms) / 1000));
  const name = palette.bold(printable(started.ensemble));
  return `${mark(state, glyphs, palette)} ${name} on ${printable(started.backend)}: ${parts}  ${time}`;
};

const mark = ({ finished }: State, glyphs: Glyphs, { good, bad, bold }: Palette): string => {
  if (finished === undefined) return bold(glyphs.running);
  return finished.ok ? good(`${glyphs.done} done:`) : bad(`${glyphs.failed} failed:`);
};

/** Why nothing new starts. */
const stalledNote = ({ stalled, finished }: State, { palette }: FrameLayout): string | undefined =>
  stalled === undefined || finished !== undefined
    ? undefined
    : palette.bad(`  the journal cannot be written (${printable(stalled.message)}): nothing new starts until it can`);

/** Why the states of jobs may be out of date. */
const silentNote = ({ silent, finished }: State, { palette }: FrameLayout): string | undefined =>
  silent === undefined || finished !== undefined ? undefined : palette.warn(`  ${printable(silent.message)}`);

/** What the last Ctrl-C did, and what another would do. */
const stoppingNote = (
  { stopping, finished, active }: State,
  { glyphs, palette, interactive }: FrameLayout,
): string | undefined => {
  if (stopping === undefined || finished !== undefined) return undefined;
  const runs = `${count(active.size, "run")} in progress`;
  const [now, next] =
    stopping.how === "drain"
      ? [`waiting for ${runs}`, "Ctrl-C again interrupts them"]
      : [`interrupting ${runs}`, "Ctrl-C again exits at once"];
  return palette.warn(
    `${glyphs.stopping} stopping (${printable(stopping.message)}): ${now}${interactive ? `; ${next}` : ""}`,
  );
};

/** One picture of an ensemble: what fits into a terminal, the most important first. Pure. */
import { type State, tally } from "../../../lib/index.js";
import type { Paints } from "../color.js";
import { clock, count, grouped, printable } from "../format.js";
import { failures } from "./failures.js";
import { cut } from "./fit.js";
import { lanes } from "./lanes.js";
import type { Scenery } from "./scenery.js";
import type { Signs } from "./signs.js";
import { stageLines } from "./stage-lines.js";
import type { Stage } from "./stages.js";

/** `now`: the time on the clock of the events, in milliseconds. */
export const frame = (state: State, stages: readonly Stage[], now: number, scenery: Scenery): readonly string[] => {
  const { room } = scenery;
  const head = cut(headline(state, now, scenery), scenery);
  // In three rows there is no tree, but a line that says it all.
  if (room < 3) return [head];
  const stop = stopping(state, scenery);
  const notes = [stalled(state, scenery), silent(state, scenery), stop].filter((text) => text !== undefined);
  const top = [head, ...notes.slice(0, room - 1).map((text) => cut(text, scenery))];
  const rest = room - top.length;
  const over = state.finished !== undefined;
  const running = over ? 0 : state.active.size;
  const failing = 2 * state.failureCount;
  // Where there is more than fits, stages, lanes and failures get a third each at least.
  const third = Math.floor(rest / 3);
  const tree = stageLines(state, stages, rest - Math.min(running, third) - Math.min(failing, third), now, scenery);
  const left = rest - tree.length;
  const wrong = failures(state, Math.max(left - running, Math.min(failing, Math.floor(left / 2))), scenery);
  const live = lanes(state, over ? 0 : left - wrong.length, now, scenery);
  return [...top, ...tree, ...live, ...wrong];
};

const headline = (state: State, now: number, { signs, paints }: Scenery): string => {
  const { started, finished } = state;
  if (started === undefined) return "";
  const counts = tally(state);
  const total = started.batches.reduce((sum, { runs }) => sum + runs, 0);
  const ended = counts.succeeded + counts.failed + counts.skipped;
  const words = [
    `${repeats(state) ? count(ended, "run") : `${grouped(ended)} of ${count(total, "run")}`} ended`,
    ...(counts.failed > 0 ? [paints.bad(`${grouped(counts.failed)} failed`)] : []),
    ...(counts.skipped > 0 ? [`${grouped(counts.skipped)} skipped`] : []),
    ...(finished === undefined && state.active.size > 0 ? [`${grouped(state.active.size)} in progress`] : []),
    ...(finished !== undefined && counts.interrupted > 0 ? [`${grouped(counts.interrupted)} interrupted`] : []),
  ].join(", ");
  const begun = started.time === undefined ? now : Date.parse(started.time);
  const time = paints.faint(clock(finished?.elapsed_s ?? (now - begun) / 1000));
  const name = paints.strong(printable(started.ensemble));
  return `${mark(state, signs, paints)} ${name} on ${printable(started.backend)}: ${words}  ${time}`;
};

const mark = ({ finished }: State, signs: Signs, { good, bad, strong }: Paints): string => {
  if (finished === undefined) return strong(signs.running);
  return finished.ok ? good(`${signs.done} done:`) : bad(`${signs.failed} failed:`);
};

/** Whether some batch goes round, so that there is no total. */
const repeats = ({ batches }: State): boolean => {
  for (const { cycle } of batches.values()) if (cycle > 0) return true;
  return false;
};

/** Why nothing new starts. */
const stalled = ({ stalled, finished }: State, { paints }: Scenery): string | undefined =>
  stalled === undefined || finished !== undefined
    ? undefined
    : paints.bad(`  the journal takes no writes (${printable(stalled.message)}): nothing new starts until it does`);

/** Why nothing is heard of jobs. */
const silent = ({ silent, finished }: State, { paints }: Scenery): string | undefined =>
  silent === undefined || finished !== undefined ? undefined : paints.odd(`  ${printable(silent.message)}`);

/** What the last Ctrl-C did, and what the next one would do. */
const stopping = (
  { stopping, finished, active }: State,
  { signs, paints, interactive }: Scenery,
): string | undefined => {
  if (stopping === undefined || finished !== undefined) return undefined;
  const runs = `${count(active.size, "run")} in progress`;
  const [now, next] =
    stopping.how === "drain"
      ? [`waiting for ${runs}`, "Ctrl-C again lets go of them"]
      : [`letting go of ${runs}`, "Ctrl-C again exits at once"];
  return paints.odd(
    `${signs.stopping} stopping (${printable(stopping.message)}): ${now}${interactive ? `; ${next}` : ""}`,
  );
};

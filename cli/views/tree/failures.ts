/**
 * The failures in a frame: what failed, why, and the file to look at, in one line if that fits, else in two. If there is
 * room for all failures, also the last line of each one's output.
 */
import type { Failed, State } from "../../../lib/index.js";
import { count, failureText, lastOutput, printable, shortPath, whereToLook } from "../format.js";
import type { FrameStyle } from "./frame-style.js";
import { truncate, truncatePath } from "./truncate.js";

/** At most `room` lines. The first failures come first: they often cause the others. */
export const failures = (state: State, room: number, style: FrameStyle): readonly string[] => {
  const all = state.failures.flatMap((failed) => [
    ...entry(failed, state.opened?.directory, style),
    ...lastOutput(failed.failure, 1).map((line) => truncate(style.palette.dim(`      | ${line}`), style)),
  ]);
  return state.failures.length === state.failureCount && all.length <= room ? all : firstFailures(state, room, style);
};

const firstFailures = (state: State, room: number, style: FrameStyle): readonly string[] => {
  const lines: string[] = [];
  let shown = 0;
  for (const failed of state.failures) {
    const next = entry(failed, state.opened?.directory, style);
    const last = shown + 1 === state.failureCount;
    if (lines.length + next.length + (last ? 0 : 1) > room) break;
    lines.push(...next);
    shown += 1;
  }
  const left = state.failureCount - shown;
  if (left === 0 || lines.length >= room) return lines;
  const more = shown === 0 ? count(left, "failure") : `${style.glyphs.more} ${count(left, "more failure")}`;
  return [...lines, truncate(style.palette.bad(`  ${style.glyphs.failed} ${more}; the log lists them all`), style)];
};

const entry = (failed: Failed, directory: string | undefined, style: FrameStyle): readonly string[] => {
  const { bad, dim } = style.palette;
  const head = `  ${bad(`${style.glyphs.failed} ${printable(failed.run ?? failed.batch ?? "the ensemble")} failed`)}: `;
  const why = failureText(failed.failure);
  const place = whereToLook(failed);
  if (place === undefined) return [truncate(head + why, style)];
  const see = shortPath(place, directory);
  const line = `${head}${why}  ${dim(`see ${see}`)}`;
  if (truncate(line, style) === line) return [line];
  return [truncate(head + why, style), `      ${dim("see")} ${truncatePath(see, style.columns - 10, style)}`];
};

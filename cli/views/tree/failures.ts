/** What failed, why, and the file to look at: in one line where that fits, else in two. */
import type { Failed, State } from "../../../lib/index.js";
import { because, count, nearby, printable, whereToLook } from "../format.js";
import { cut, cutPath } from "./fit.js";
import type { FrameStyle } from "./scenery.js";

/** At most `room` lines: the first failures, for they are often the cause of the others. */
export const failures = (state: State, room: number, look: FrameStyle): readonly string[] => {
  const lines: string[] = [];
  let told = 0;
  for (const failed of state.failures) {
    const next = entry(failed, state.opened?.directory, look);
    const last = told + 1 === state.failureCount;
    if (lines.length + next.length + (last ? 0 : 1) > room) break;
    lines.push(...next);
    told += 1;
  }
  const left = state.failureCount - told;
  if (left === 0 || lines.length >= room) return lines;
  const more = told === 0 ? count(left, "failure") : `${look.signs.more} ${count(left, "more failure")}`;
  return [...lines, cut(look.paints.bad(`  ${look.signs.failed} ${more}; the log has them all`), look)];
};

const entry = (failed: Failed, directory: string | undefined, look: FrameStyle): readonly string[] => {
  const { bad, faint } = look.paints;
  const head = `  ${bad(`${look.signs.failed} ${printable(failed.run ?? failed.batch ?? "the ensemble")} failed`)}: `;
  const why = because(failed.failure);
  const place = whereToLook(failed);
  if (place === undefined) return [cut(head + why, look)];
  const see = nearby(place, directory);
  const line = `${head}${why}  ${faint(`see ${see}`)}`;
  if (cut(line, look) === line) return [line];
  return [cut(head + why, look), `      ${faint("see")} ${cutPath(see, look.columns - 10, look)}`];
};

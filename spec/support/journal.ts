/** Journals made for specs: groups of the events of a story, and what each whole number of groups comes to. */

import { emptyHistory, type History } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import type { Event } from "../../lib/index.js";
import { encode, JOURNAL } from "../../lib/journal/format.js";
import { story } from "./story.js";

export interface Made {
  readonly bytes: Buffer;
  readonly events: readonly Event[];
  /** Where each group ends, and how many events there are up to there. The first group is the header. */
  readonly groups: readonly { readonly end: number; readonly events: number }[];
}

/** The first `count` events of a story, in groups of these sizes again and again. */
export const madeJournal = (count: number, sizes: readonly number[] = [1, 4, 2, 7, 1, 3], uid = "one"): Made => {
  const events = story({ batches: [{ name: uid, runs: count }] }).slice(0, count);
  const header = encode([{ journal: JOURNAL, uid, segment: 1 }], { crc: 0 });
  const parts = [header.bytes];
  const groups = [{ end: header.bytes.length, events: 0 }];
  let { crc } = header;
  for (let from = 0, turn = 0; from < count; turn += 1) {
    const group = events.slice(from, from + sizes[turn % sizes.length]!);
    const encoded = encode(group, { crc });
    parts.push(encoded.bytes);
    crc = encoded.crc;
    from += group.length;
    groups.push({ end: groups.at(-1)!.end + encoded.bytes.length, events: from });
  }
  return { bytes: Buffer.concat(parts), events, groups };
};

/** A standing as text, by which two can be compared. */
export const told = (standing: History): string =>
  JSON.stringify(standing, (_, value: unknown) =>
    value instanceof Map ? [...(value as Map<unknown, unknown>)] : value,
  );

/** What the first so many events come to, for each number of them. */
export const standings = (events: readonly Event[]): readonly string[] => {
  const standing = emptyHistory();
  return [told(standing), ...events.map((event) => told(reduceHistory(standing, event)))];
};

/** Whether the long specs are asked for. */
export const ALL = process.env["FAULTS"] === "all";

/** Another one each time, unless one is given: it is printed, so that what it found can be found again. */
export const seedOf = (name: string): number => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_000);
  console.log(`${name}: seed ${seed}`);
  return seed;
};

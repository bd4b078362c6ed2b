/** Journals for specs, made of the events of a story, and the histories that these events reduce to. */
import { emptyHistory, type History } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import type { Event } from "../../lib/index.js";
import { encode, JOURNAL } from "../../lib/journal/format.js";
import { story } from "./story.js";

export interface MadeJournal {
  readonly bytes: Buffer;
  readonly events: readonly Event[];
  /** The offset at which each group ends, and the number of events up to there. The first group is the header. */
  readonly groups: readonly { readonly end: number; readonly events: number }[];
}

/** A journal of the first `count` events of a story, in groups of these sizes, repeated in turn. */
export const madeJournal = (count: number, sizes: readonly number[] = [1, 4, 2, 7, 1, 3], uid = "one"): MadeJournal => {
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

/** A history as text, so that two histories can be compared. */
export const historyText = (history: History): string =>
  JSON.stringify(history, (_, value: unknown) =>
    value instanceof Map ? [...(value as Map<unknown, unknown>)] : value,
  );

/** The history after each event, as text; the first is the empty one. */
export const historyTexts = (events: readonly Event[]): readonly string[] => {
  const history = emptyHistory();
  return [historyText(history), ...events.map((event) => historyText(reduceHistory(history, event)))];
};

/** Whether to run the long specs. */
export const ALL = process.env["FAULTS"] === "all";

/** The seed in SEED, or a new one. Prints the seed, so that a failure can be repeated. */
export const seedOf = (name: string): number => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_000);
  console.log(`${name}: seed ${seed}`);
  return seed;
};

/** Journals that are cut off or damaged in any way: the reader returns only written events, in order, or refuses. */
import { describe, expect, it } from "vitest";
import { randomOf } from "../../lib/backends/simulated/random.js";
import type { Event } from "../../lib/index.js";
import { readJournal, SegmentDamage } from "../../lib/journal/scan.js";
import { ALL, historyText, historyTexts, type MadeJournal, madeJournal, seedOf } from "../support/journal.js";
import { damages } from "./damages.js";

const ONE = madeJournal(200);
const OTHER = madeJournal(200, [3, 1, 5, 2], "other");

const known = new Map(
  [ONE, OTHER].map((made) => [
    made,
    { lines: made.events.map((event) => JSON.stringify(event)), folds: historyTexts(made.events) },
  ]),
);

type Verdict = "clean" | "torn" | "damage";

/** Reads a journal and demands that its events are the first events of a journal in `from`, up to the end of a group. */
const verdictOn = (
  bytes: Buffer,
  from: readonly MadeJournal[],
): { readonly verdict: Verdict; readonly end: number } => {
  const seen: Event[] = [];
  let contents: ReturnType<typeof readJournal>;
  try {
    contents = readJournal(bytes, (event) => void seen.push(event));
  } catch (error) {
    if (error instanceof SegmentDamage) return { verdict: "damage", end: error.offset };
    throw error;
  }
  const { end, events, history, torn } = contents;
  const made = from.find(({ groups }) => groups.some((group) => group.end === end && group.events === events));
  if (made === undefined)
    throw new Error(`the reader found an end at ${end}, after ${events} events, where no group ends`);
  const { lines, folds } = known.get(made)!;
  expect(seen.length).toBe(events);
  if (seen.some((event, index) => JSON.stringify(event) !== lines[index]))
    throw new Error("the reader returned another event");
  if (historyText(history) !== folds[events]) throw new Error("the reader returned another history");
  expect(torn).toBe(bytes.length - end);
  return { verdict: torn === 0 ? "clean" : "torn", end };
};

describe("a journal that is cut off", () => {
  it("a journal that is cut anywhere is read up to its last whole group", () => {
    const { bytes, groups } = ONE;
    const ends = groups.map(({ end }) => end);
    const found = { clean: 0, torn: 0, damage: 0 };
    const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length).filter(
      (length) => ALL || length % 19 === 0 || ends.some((end) => Math.abs(end - length) <= 2) || length > ends.at(-3)!,
    );
    for (const length of lengths) {
      const { verdict, end } = verdictOn(bytes.subarray(0, length), [ONE]);
      found[verdict] += 1;
      // The program writes the first line before it gives the file its name, so a file without a first line is damaged.
      if (length < ends[0]!) expect(verdict).toBe("damage");
      else if (end !== ends.findLast((one) => one <= length))
        throw new Error(`cut at ${length}, the reader found an end at ${end}`);
    }
    console.log(`${lengths.length} lengths of a journal of 200 events in ${groups.length} groups:`, found);
    expect(found.clean).toBe(groups.length);
  }, 600_000);

  it("zeros after the last whole group, as file systems leave them, count as a torn end", () => {
    const { bytes, groups } = ONE;
    for (const { end } of groups.slice(0, -1)) {
      for (const zeros of [1, 2, 511, 512, 4096, 100_000]) {
        const cut = Buffer.concat([bytes.subarray(0, end), Buffer.alloc(zeros)]);
        expect(verdictOn(cut, [ONE])).toEqual({ verdict: "torn", end });
        // The same after a part of the group that was being written.
        const part = Buffer.concat([bytes.subarray(0, end + 40), Buffer.alloc(zeros)]);
        expect(verdictOn(part, [ONE])).toEqual({ verdict: "torn", end });
      }
    }
  });
});

describe("a damaged journal", () => {
  const CASES = ALL ? 10_000 : 500;

  it(`the reader returns only written events of ${CASES} damaged journals, or refuses them`, () => {
    const random = randomOf(seedOf("damages"), "damages");
    const figures = new Map<string, Record<Verdict, number>>();
    const lastGroup = ONE.groups.at(-2)!.end;
    for (let number = 0; number < CASES; number += 1) {
      const { kind, bytes } = damages[number % damages.length]!(ONE, OTHER, random);
      const { verdict } = verdictOn(bytes, [ONE, OTHER]);
      const counts = figures.get(kind) ?? { clean: 0, torn: 0, damage: 0 };
      counts[verdict] += 1;
      figures.set(kind, counts);
      if (verdict === "clean" && !bytes.equals(ONE.bytes)) {
        // A clean journal is one of the two, up to the end of a group.
        const whole = [ONE, OTHER].some((made) => bytes.equals(made.bytes.subarray(0, bytes.length)));
        expect(whole, kind).toBe(true);
      }
      // Damage before the last group is always noticed.
      const [from] = firstDifference(ONE.bytes, bytes);
      const endIsThere = bytes.subarray(-(ONE.bytes.length - lastGroup)).equals(ONE.bytes.subarray(lastGroup));
      if (from < lastGroup && endIsThere) expect(verdict, `${kind}, case ${number}, at byte ${from}`).toBe("damage");
    }
    console.table(Object.fromEntries(figures));
  }, 600_000);

  it("a journal is refused if any byte before its last group is changed", () => {
    const { bytes, groups } = ONE;
    for (let at = 0; at < groups.at(-2)!.end; at += ALL ? 1 : 37) {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 1;
      const { verdict } = verdictOn(copy, [ONE]);
      if (verdict !== "damage") throw new Error(`byte ${at} was flipped, and the journal counts as ${verdict}`);
    }
  }, 600_000);
});

const firstDifference = (one: Buffer, other: Buffer): readonly [number] => {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return [at];
};

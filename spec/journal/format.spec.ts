import { describe, expect, it } from "vitest";
import { emptyHistory } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { encode, groupEndedBy, isEvent, isHeader, JOURNAL, lineAt, valueOf } from "../../lib/journal/format.js";
import { historyText } from "../support/journal.js";
import { story } from "../support/story.js";

const events = story().slice(0, 5);

/** All lines in encoded bytes. `before`: the checksum of the line before them. */
const linesIn = (bytes: Buffer, before: number) => {
  const lines = [];
  for (let [at, crc] = [0, before]; at < bytes.length; ) {
    const line = lineAt(bytes, at, crc);
    if (line === undefined) throw new Error(`no line at ${at}`);
    lines.push(line);
    [at, crc] = [line.end, line.crc];
  }
  return lines;
};

describe("the journal format", () => {
  it("decoded lines equal the encoded events", () => {
    const { bytes, crc } = encode(events, { crc: 7 });
    const lines = linesIn(bytes, 7);
    expect(lines.map(valueOf)).toEqual(events);
    expect(lines.at(-1)?.crc).toBe(crc);
    expect(lines.map(valueOf).every(isEvent)).toBe(true);
  });

  it("only the last line of a group holds the length of the group", () => {
    const { bytes } = encode(events, { crc: 0 });
    expect(linesIn(bytes, 0).map(({ group }) => group)).toEqual([...Array<undefined>(4), bytes.length]);
    const last = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    expect(groupEndedBy(bytes, last, bytes.length)).toBe(bytes.length);
    expect(groupEndedBy(bytes, 0, bytes.indexOf(10) + 1)).toBeUndefined();
  });

  it("the length of a group counts bytes, not characters", () => {
    const [event] = events;
    const { bytes } = encode([{ ...event, text: "Zürich ☃ 𝄞\n\u2028" }], { crc: 0 });
    const [line] = linesIn(bytes, 0);
    expect(line).toMatchObject({ group: bytes.length, end: bytes.length });
    expect(valueOf(line!)).toHaveProperty("text", "Zürich ☃ 𝄞\n\u2028");
  });

  it("a line is intact only if it follows the line that was before it", () => {
    const { bytes } = encode(events, { crc: 0 });
    expect(lineAt(bytes, 0, 1)).toBeUndefined();
    expect(lineAt(bytes, linesIn(bytes, 0)[1]!.end, 0)).toBeUndefined();
  });

  it("a line that is cut by any number of bytes is not accepted", () => {
    const { bytes } = encode([{ seq: 0, type: "x" }], { crc: 0 });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(lineAt(bytes.subarray(0, length), 0, 0)).toBeUndefined();
    }
  });

  it("the header of a journal file holds a history, including its maps", () => {
    const history = emptyHistory();
    for (const event of story()) reduceHistory(history, event);
    const { bytes } = encode([{ journal: JOURNAL, uid: "u", segment: 2, standing: history }], { crc: 0 });
    const value = valueOf(linesIn(bytes, 0)[0]!);
    expect(isHeader(value) && historyText(value.standing!)).toBe(historyText(history));
  });

  it("other programs can read each line as JSON", () => {
    const { bytes } = encode(events, { crc: 0 });
    const read = bytes
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(read).toMatchObject(events);
    expect(read.every((line) => "crc" in line)).toBe(true);
  });
});

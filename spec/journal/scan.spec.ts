import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Event } from "../../lib/index.js";
import { JournalDamage } from "../../lib/journal/damage.js";
import { encode, JOURNAL } from "../../lib/journal/format.js";
import { readEvents } from "../../lib/journal/inspect.js";
import { segmentPath } from "../../lib/journal/layout.js";
import { openJournal, Refusal } from "../../lib/journal/open.js";
import { readJournal, SegmentDamage } from "../../lib/journal/scan.js";
import { historyText, historyTexts, madeJournal } from "../support/journal.js";

const newDirectory = () => {
  const directory = mkdtempSync(join(tmpdir(), "journal-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
const quiet = { stalled: () => undefined, recovered: () => undefined };
const errorOf = (bytes: Buffer): unknown => {
  try {
    return readJournal(bytes);
  } catch (error) {
    return error;
  }
};

describe("readJournal", () => {
  it("readJournal passes on each event once, in order, and returns the history of all events", () => {
    const made = madeJournal(120);
    const seen: Event[] = [];
    const { history, events, torn, header } = readJournal(made.bytes, (event) => void seen.push(event));
    expect(seen).toEqual(made.events);
    expect({ events, torn, uid: header.uid }).toEqual({ events: 120, torn: 0, uid: "one" });
    expect(historyText(history)).toBe(historyTexts(made.events)[120]);
  });

  it("readJournal continues from the history in the header of a later file", () => {
    const made = madeJournal(60);
    const { history } = readJournal(made.bytes);
    const next = encode([{ journal: JOURNAL, uid: "one", segment: 2, standing: history }], { crc: 0 });
    expect(historyText(readJournal(next.bytes).history)).toBe(historyTexts(made.events)[60]);
  });

  it("readJournal refuses journals of another version, and files that are not journals", () => {
    const other = encode([{ journal: "model-ensembler.journal/2", uid: "u", segment: 1 }], { crc: 0 });
    expect(errorOf(other.bytes)).toMatchObject({ message: expect.stringContaining("journal/2") as string });
    for (const text of ["", "\n", "a letter to a friend\n", '{"journal":1}\n']) {
      expect(errorOf(Buffer.from(text))).toBeInstanceOf(SegmentDamage);
    }
    expect(errorOf(encode([{ seq: 0, type: "x" }], { crc: 0 }).bytes)).toBeInstanceOf(SegmentDamage);
  });
});

describe("a torn end", () => {
  it("openJournal cuts off a torn end, keeps a copy of it, and continues after the last whole group", async () => {
    const { bytes, events, groups } = madeJournal(40);
    const more = madeJournal(45).events.slice(40);
    for (const [index, { end, events: whole }] of groups.slice(1, -1).entries()) {
      const directory = newDirectory();
      const torn = Buffer.concat([bytes.subarray(end, end + 30 + index), Buffer.alloc(index % 3)]);
      writeFileSync(segmentPath(directory, 1), Buffer.concat([bytes.subarray(0, end), torn]));
      const journal = await openJournal(directory, quiet);
      expect(historyText(journal.past)).toBe(historyTexts(events)[whole]);
      expect(journal.mended).toMatchObject({ type: "journal.mended", offset: end, bytes: torn.length });
      expect(readFileSync(journal.mended!.copy)).toEqual(torn);
      for (const event of more) journal.append(event);
      await lastValueFrom(journal.commit$(), { defaultValue: undefined });
      await journal.close();
      const seen: Event[] = [];
      await readEvents(directory, (event) => void seen.push(event));
      expect(seen).toEqual([...events.slice(0, whole), ...more]);
    }
  });
});

describe("a damaged journal", () => {
  it("openJournal refuses a damaged journal and changes nothing in it", async () => {
    const { bytes } = madeJournal(40);
    bytes[bytes.length >> 1]! ^= 4;
    const directory = newDirectory();
    writeFileSync(segmentPath(directory, 1), bytes);
    const refused = await openJournal(directory, quiet).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect((refused as Refusal).fact).toMatchObject({ because: "damaged", path: directory });
    expect((refused as Refusal).message).toMatch(/line \d+, at byte \d+/);
    expect(readFileSync(segmentPath(directory, 1))).toEqual(bytes);
    expect(readdirSync(directory)).toEqual(["journal-000001.ndjson"]);
    await expect(readEvents(directory)).rejects.toBeInstanceOf(JournalDamage);
  });
});

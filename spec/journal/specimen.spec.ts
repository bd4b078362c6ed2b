/** Specimens: journals that earlier versions wrote. Every later version must read them as the earlier version did. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { EVENT_SCHEMA, type Event } from "../../lib/events/event.js";
import { encode, lineAt, valueOf } from "../../lib/journal/format.js";
import { readEvents } from "../../lib/journal/inspect.js";
import { openJournal } from "../../lib/journal/open.js";
import { readJournal } from "../../lib/journal/scan.js";
import { reduce } from "../../lib/state/reduce.js";
import { initial, tally } from "../../lib/state/state.js";
import { historyText } from "../support/journal.js";
import { directoryWith, eventsIn, program } from "../support/program.js";

const FIXTURES = join(import.meta.dirname, "../../fixtures/journals");
const SCHEMA = join(import.meta.dirname, "../../lib/schema/event.schema.json");
const SEGMENT = "journal-000001.ndjson";
const EXPECTED = join(FIXTURES, "v1/expected.json");

const specimen = (version: string): Buffer => readFileSync(join(FIXTURES, version, SEGMENT));

/** A state directory with that journal in it. */
const stateWith = (journal: Buffer, directory = directoryWith({})): { directory: string; state: string } => {
  const state = join(directory, ".ensemble/ensemble");
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, SEGMENT), journal);
  return { directory, state };
};

const eventsOf = async (path: string): Promise<readonly Event[]> => {
  const events: Event[] = [];
  await readEvents(path, (event) => void events.push(event));
  return events;
};

/** The events that the JSON Schema of events refuses. */
const invalid = (events: readonly Event[]): readonly Event[] => {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8")) as object;
  const accepts = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  return events.filter((event) => !accepts(event));
};

describe("the specimen of version 1", () => {
  it("a journal of version 1 yields the same history and counts as when it was written", async () => {
    const state = initial();
    const types: Record<string, number> = {};
    const whole = readJournal(specimen("v1"));
    const [file] = await readEvents(stateWith(specimen("v1")).state, (event) => {
      reduce(state, event);
      types[event.type] = (types[event.type] ?? 0) + 1;
    });
    // Version 1 had no places: what it tells of them is read from other events.
    const { place, ...standing } = JSON.parse(historyText(whole.history)) as Record<string, unknown>;
    expect(place).toEqual({ host: "vm", directory: "/scratch/ada/specimen", configuration: "ensemble.yaml" });
    const found = {
      header: file!.header,
      events: file!.events,
      torn: file!.torn,
      types,
      counts: tally(state),
      standing,
    };
    // Set by hand, and only for a new specimen: the expected values of an old one never change.
    if (process.env["SPECIMEN"] === "new") writeFileSync(EXPECTED, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(EXPECTED, "utf8")));
  });

  it("the specimen holds every kind of event that decides how a run is resumed", () => {
    const { types } = JSON.parse(readFileSync(EXPECTED, "utf8")) as { types: Record<string, number> };
    for (const type of ["run.skipped", "ensemble.resumed", "cycle.started", "job.finished", "run.prepared"]) {
      expect(types).toHaveProperty(type);
    }
  });

  it("a journal of version 1 can be opened for writing", async () => {
    const { state } = stateWith(specimen("v1"));
    const before = readJournal(specimen("v1"));
    const journal = await openJournal(state, { stalled: () => undefined, recovered: () => undefined });
    expect(historyText(journal.past)).toBe(historyText(before.history));
    expect(journal.mended).toBeUndefined();
    await journal.close();
  });

  it("`status` shows a journal of version 1, and `replay` plays it", async () => {
    const { directory, state } = stateWith(specimen("v1"));
    const { stdout } = await program(["status", "ensemble.yaml", "--state-dir", state, "--json"], { directory });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ ensemble: "ensemble", backend: "dummy", at_work: null },
      counts: { succeeded: 5, failed: 1, skipped: 2, interrupted: 0, in_progress: 0 },
      failures: [{ run: "a-1", failure: { reason: "job", cause: "failed", status: 3 } }],
    });
    const replayed = await program(["replay", state, "--speed", "0"], { directory });
    expect(replayed.status).toBe(0);
    for (const words of ["a-1 failed in", "c-1 skipped", "b-0 interrupted", "resuming after 2 earlier starts"]) {
      expect(replayed.stderr).toContain(words);
    }
    const exported = await program(["journal", "export", state], { directory });
    expect(eventsIn(exported.stdout).length).toBe(99);
  });
});

describe("the specimen of version 1.2: an ensemble that was told to stop while it waited", () => {
  const WAITING = "`test -e ../../go` ended with exit status 1";

  it("the state has the texts that events of version 1 have in `because`", async () => {
    const state = initial();
    await readEvents(stateWith(specimen("v1.2")).state, (event) => reduce(state, event));
    expect(state.stopping?.message).toBe("SIGTERM");
    expect(state.active.get("b-0")?.task?.waiting).toBe(WAITING);
  });

  it("every event read from a journal of version 1 is valid by the schema of version 2", async () => {
    for (const version of ["v1", "v1.2"]) {
      const events = await eventsOf(stateWith(specimen(version)).state);
      expect(invalid(events)).toEqual([]);
    }
  });

  it("`replay` shows why an ensemble of version 1 waited and what stopped the ensemble", async () => {
    const { directory, state } = stateWith(specimen("v1.2"));
    const { stderr } = await program(["replay", state, "--speed", "0"], { directory });
    for (const words of [`waits: ${WAITING}`, "stopping (Ctrl-C)", "stopping (SIGTERM)"])
      expect(stderr).toContain(words);
  });

  it("an ensemble that was started in version 1 is resumed, and its journal goes on in version 2", async () => {
    const directory = directoryWith({ go: "", "template/keep": "", "work/b-0/keep": "" });
    cpSync(join(FIXTURES, "v1.2/ensemble.yaml"), join(directory, "ensemble.yaml"));
    const { state } = stateWith(moved(specimen("v1.2"), "/scratch/ada/waiting", directory), directory);
    const before = await eventsOf(state);
    const resumed = await program(["ensemble.yaml", "dummy"], { directory });
    expect(resumed).toMatchObject({ status: 0 });
    expect(readFileSync(join(directory, "count"), "utf8")).toBe("once\nonce\n");
    const written = rawIn(readFileSync(join(state, SEGMENT))).filter((line) => "schema" in line);
    expect(written.map(({ schema }) => schema)).toEqual(["model-ensembler.events/1.2", EVENT_SCHEMA]);
    const events = await eventsOf(state);
    expect(events.slice(0, before.length)).toEqual(before);
    expect(invalid(events)).toEqual([]);
    expect(events.flatMap((event) => (event.type === "ensemble.resumed" ? [event.starts] : []))).toEqual([1]);
    expect(events.at(-1)).toMatchObject({ type: "ensemble.finished", succeeded: 2, ok: true });
  });
});

/** The values in a journal, not upgraded. */
const rawIn = (bytes: Buffer): readonly Record<string, unknown>[] => {
  const values: Record<string, unknown>[] = [];
  for (let [offset, crc] = [0, 0]; offset < bytes.length; ) {
    const line = lineAt(bytes, offset, crc)!;
    values.push(valueOf(line) as Record<string, unknown>);
    [offset, crc] = [line.end, line.crc];
  }
  return values;
};

/** The journal that the same ensemble would have in another directory. */
const moved = (bytes: Buffer, from: string, to: string): Buffer => {
  let crc = 0;
  const groups = rawIn(bytes).map((value) => {
    const group = encode([JSON.parse(JSON.stringify(value).replaceAll(from, to)) as object], { crc });
    crc = group.crc;
    return group.bytes;
  });
  return Buffer.concat(groups);
};

/** A journal of this format comes to the same for ever after, whatever later versions make of new ones. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEvents } from "../../lib/journal/inspect.js";
import { openJournal } from "../../lib/journal/open.js";
import { readJournal } from "../../lib/journal/scan.js";
import { reduce } from "../../lib/state/reduce.js";
import { initial, tally } from "../../lib/state/state.js";
import { told } from "../support/journal.js";
import { directoryWith, eventsIn, program } from "../support/program.js";

const FIXTURE = join(import.meta.dirname, "../../fixtures/journals/v1");
const EXPECTED = join(FIXTURE, "expected.json");

/** A copy, as the state directory of the ensemble it tells of. */
const copied = (): { readonly directory: string; readonly state: string } => {
  const directory = directoryWith({});
  const state = join(directory, ".ensemble/ensemble");
  mkdirSync(state, { recursive: true });
  cpSync(join(FIXTURE, "journal-000001.ndjson"), join(state, "journal-000001.ndjson"));
  return { directory, state };
};

describe("the specimen of version 1", () => {
  it("comes to what it came to when it was made", async () => {
    const state = initial();
    const types: Record<string, number> = {};
    const whole = readJournal(readFileSync(join(FIXTURE, "journal-000001.ndjson")));
    const [file] = await readEvents(copied().state, (event) => {
      reduce(state, event);
      types[event.type] = (types[event.type] ?? 0) + 1;
    });
    const standing: unknown = JSON.parse(told(whole.history));
    const found = {
      header: file!.header,
      events: file!.events,
      torn: file!.torn,
      types,
      counts: tally(state),
      standing,
    };
    // By hand, and only for a specimen that is new: what an old one comes to does not change.
    if (process.env["SPECIMEN"] === "new") writeFileSync(EXPECTED, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(EXPECTED, "utf8")));
  });

  it("holds what a journal can hold", () => {
    const { types } = JSON.parse(readFileSync(EXPECTED, "utf8")) as { types: Record<string, number> };
    for (const type of ["run.skipped", "ensemble.resumed", "cycle.started", "job.finished", "run.prepared"]) {
      expect(types).toHaveProperty(type);
    }
  });

  it("can be gone on with", async () => {
    const { state } = copied();
    const before = readJournal(readFileSync(join(state, "journal-000001.ndjson")));
    const journal = await openJournal(state, { stalled: () => undefined, recovered: () => undefined });
    expect(told(journal.past)).toBe(told(before.history));
    expect(journal.mended).toBeUndefined();
    await journal.close();
  });

  it("is shown by `status`, and played by `replay`", async () => {
    const { directory, state } = copied();
    const { stdout } = await program(["status", "ensemble.yaml", "--state-dir", state, "--json"], { directory });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ ensemble: "ensemble", backend: "dummy", at_work: null },
      counts: { succeeded: 5, failed: 1, skipped: 2, interrupted: 0, in_progress: 0 },
      failures: [{ run: "a-1", failure: { reason: "job", cause: "failed", status: 3 } }],
    });
    const replayed = await program(["replay", state, "--speed", "0"], { directory });
    expect(replayed.status).toBe(0);
    for (const words of ["a-1 failed in", "c-1 skipped", "b-0 interrupted", "goes on after 2 earlier starts"]) {
      expect(replayed.stderr).toContain(words);
    }
    const exported = await program(["journal", "export", state], { directory });
    expect(eventsIn(exported.stdout).length).toBe(99);
  });
});

/** Fingerprints: what a template can print differently is a change, and journals of version 1 still match. */
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../lib/config/read.js";
import { fingerprinted } from "../../lib/history/fingerprint.js";
import { emptyHistory, type History } from "../../lib/history/history.js";
import { reduceHistory } from "../../lib/history/reduce.js";
import { resume } from "../../lib/history/resume.js";
import type { Ensemble } from "../../lib/plan/plan.js";
import { startedWith } from "../support/story.js";
import { settingsOf } from "../support/virtual.js";

/** The plan of a batch with these runs, given in YAML, and with the digest `templates` of its templates. */
const planOf = (runs: string): Promise<Ensemble> => {
  const text = `ensemble: {batches: [{name: a, basedir: runs, templatedir: ../template, templates: [job.sh.j2], job_file: job.sh, cluster: x, maxruns: 2, maxjobs: 2, runs: ${runs}}]}`;
  const { plan } = readConfiguration(text, { file: "e.yaml", directory: "/start" });
  return fingerprinted(plan!, () => Promise.resolve("templates"));
};
const fingerprintsOf = async (runs: string): Promise<readonly string[]> =>
  (await planOf(runs)).batches[0]!.runs.map(({ fingerprint }) => fingerprint!);

/** A journal in which these runs have started. */
const startedRuns = (fingerprints: readonly string[]): History => {
  const past = emptyHistory();
  const digest = fingerprints[0]!.replace(/^[^.]*\./, "");
  reduceHistory(
    past,
    startedWith({ batch: "a", runs: fingerprints.length, maxruns: 2, maxjobs: 2, after: [], digest }),
  );
  fingerprints.forEach((fingerprint, index) => {
    const ids = { batch: "a", run: `a-${index}`, cycle: 1, attempt: 1 };
    reduceHistory(past, { type: "run.started", index, directory: `/start/runs/a-${index}`, fingerprint, ...ids });
  });
  return past;
};
const changesIn = async (runs: string, fingerprints: readonly string[]) =>
  resume(await planOf(runs), startedRuns(fingerprints), { settings: settingsOf() }).changes;

describe("the fingerprint of a run", () => {
  it.each([
    ["an integer and a float", "20", "20.0"],
    ["a number and a string", "20", "'20'"],
    ["a boolean and a string", "true", "'True'"],
    ["null and a string", "~", "'null'"],
    ["a date and a string", "2020-01-01", "'2020-01-01'"],
    ["not-a-number and infinity", ".nan", ".inf"],
    ["zero and minus zero", "0.0", "-0.0"],
    ["a mapping in two orders", "{b: 1, a: 2}", "{a: 2, b: 1}"],
    ["a mapping with a number and with a string as its key", "{10: x}", "{'10': x}"],
    ["a float deep inside", "[{a: [1]}]", "[{a: [1.0]}]"],
  ])("the fingerprint tells %s apart", async (_, one, other) => {
    const [first, second] = await fingerprintsOf(`[{x: ${one}}, {x: ${other}}]`);
    expect(first).not.toBe(second);
  });

  it("the order of the variables in a run does not change the fingerprint", async () => {
    const [first, second] = await fingerprintsOf("[{x: 1, y: 2.0}, {y: 2.0, x: 1}]");
    expect(first).toBe(second);
  });
});

describe("a journal of version 1", () => {
  const RUNS = "[{dt: 20, m: {b: 1, a: 2.0}}, {dt: 20.0, m: {b: 1, a: 2.0}}, {dt: 7}]";
  /** As version 1 wrote them for `RUNS`: 20 and 20.0 have the same digest. */
  const DIGESTS = ["5b74149b747aa900", "5b74149b747aa900", "c1a5e898d27f742a"];

  const former = async (): Promise<readonly string[]> => {
    const [first = ""] = await fingerprintsOf(RUNS);
    return DIGESTS.map((digest) => `${digest}${first.slice(first.indexOf("."))}`);
  };

  it("the runs of an unchanged configuration match their fingerprints of version 1", async () => {
    expect(await changesIn(RUNS, await former())).toMatchObject({
      unchanged: ["a-0", "a-1", "a-2"],
      changed: [],
      unfinished: [],
    });
  });

  it("a changed run does not match its fingerprint of version 1", async () => {
    expect(await changesIn(RUNS.replace("dt: 7", "dt: 8"), await former())).toMatchObject({
      unchanged: ["a-0", "a-1"],
      changed: ["a-2"],
      unfinished: ["a-2"],
    });
  });

  it("a run that has moved keeps its id although its fingerprint is of version 1", async () => {
    expect(await changesIn("[{dt: 7}]", [(await former())[0]!, (await former())[2]!])).toMatchObject({
      moved: ["a-1"],
      gone: ["a-0"],
    });
  });
});

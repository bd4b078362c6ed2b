/** Cancelling the jobs of several ensembles that were started on different backends. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EMPTY, toArray } from "rxjs";
import { expect, it, onTestFinished } from "vitest";
import type { CancelReport, CancelTarget } from "../../lib/effects/cancel.js";
import { EVENT_SCHEMA, type Event, type Fact } from "../../lib/events/event.js";
import { encode, JOURNAL } from "../../lib/journal/format.js";
import { bootId } from "../../lib/system/processes/process-identity.js";
import { findJobs } from "../../lib/wiring/cancel.js";
import { lastOf } from "../support/emitted.js";
import { directoryWith } from "../support/program.js";

/** The state directory of an ensemble whose start was killed while the job of one run, with id 12, ran on a backend. */
const stateOf = (backend: string, index: number): string => {
  const run = `b-${index}`;
  const directory = join(directoryWith({}), ".ensemble", backend);
  const here = { batch: "b", run, cycle: 1, attempt: 1 };
  const facts: readonly Fact[] = [
    {
      ...{ type: "stream.opened", schema: EVENT_SCHEMA, version: "0", host: "h", pid: 1 },
      ...{ boot: bootId(), directory: "/start" },
    },
    {
      ...{ type: "ensemble.started", ensemble: backend, configuration: `${backend}.yaml`, backend },
      ...{ pre_process: 0, post_process: 0, batches: [{ batch: "b", runs: 1, maxruns: 1, maxjobs: 1, after: [] }] },
    },
    { type: "run.started", index, directory: `/start/${run}`, ...here },
    { type: "job.submitting", script: "job.sh", token: `1-${run}`, ...here },
    { type: "job.submitted", job: "12", ...here },
  ];
  const events = facts.map((fact, seq): Event => ({ seq, time: "2026-11-24T12:00:00.000Z", ...fact }));
  const header = encode([{ journal: JOURNAL, uid: "one", segment: 1 }], { crc: 0 });
  mkdirSync(join(directory, "claims"), { recursive: true });
  writeFileSync(join(directory, "claims", "slurm-identity"), "abcdefghijk");
  const bytes = Buffer.concat([header.bytes, encode(events, { crc: header.crc }).bytes]);
  writeFileSync(join(directory, "journal-000001.ndjson"), bytes);
  return directory;
};

/** Puts programs alone on the PATH. */
const onPath = (programs: Readonly<Record<string, string>>) => {
  const bin = directoryWith({});
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const before = process.env["PATH"] ?? "";
  process.env["PATH"] = bin;
  onTestFinished(() => void (process.env["PATH"] = before));
};

/** A Slurm whose queue is empty, and that keeps no accounts. */
const EMPTY_SLURM = {
  squeue: "exit 0",
  scancel: "exit 0",
  sacct: "echo 'Slurm accounting storage is disabled' >&2; exit 1",
};

/** A module with a backend of the user's own, which cancels every job at once; and the targets that it gets. */
const moduleOf = (name: string) => {
  const targets: CancelTarget[] = [];
  const none = () => EMPTY;
  const backend = { submit$: none, adopt$: none, watch$: none, count$: none };
  const cancel$ = (all: readonly CancelTarget[]) => {
    targets.push(...all);
    return all.map(({ what, id = "" }): CancelReport => ({ is: "cancelled", what, job: id }));
  };
  return { targets, module: { name, open: () => ({ ...backend, cancel$ }) } };
};

const reportsOf = async (found: Awaited<ReturnType<typeof findJobs>>): Promise<readonly string[]> => {
  if ("refused" in found) return [found.refused];
  const reports = await lastOf(found.cancel$.pipe(toArray()));
  return reports.map((report) => `${report.is} ${"what" in report ? report.what : ""}`).sort();
};

it("one request cancels the jobs of several ensembles, each on the backend on which it was started", async () => {
  onPath(EMPTY_SLURM);
  const { module, targets } = moduleOf("mine");
  const directories = [stateOf("slurm", 0), stateOf("mine", 1), stateOf("mine", 2)];
  const found = await findJobs(directories, { all: true }, module);
  expect(found).toMatchObject({ jobs: 3 });
  expect(await reportsOf(found)).toEqual(["cancelled b-1", "cancelled b-2", "left_queue b-0"]);
  expect(targets.map(({ what, token, id }) => [what, token, id])).toEqual([
    ["b-1", "1-b-1", "12"],
    ["b-2", "1-b-2", "12"],
  ]);
});

it("a request for all jobs cancels those that can be cancelled, and counts no others", async () => {
  onPath(EMPTY_SLURM);
  const directories = [stateOf("dummy", 3), stateOf("slurm", 0), stateOf("simulated", 4)];
  const found = await findJobs(directories, { all: true });
  expect(found).toMatchObject({ jobs: 1 });
  expect(await reportsOf(found)).toEqual(["left_queue b-0"]);
});

it("a request for all jobs names the ensembles whose jobs stay in a queue", async () => {
  onPath(EMPTY_SLURM);
  const found = await findJobs([stateOf("mine", 1), stateOf("slurm", 0), stateOf("dummy", 3)], { all: true });
  const left = "refused" in found ? [] : found.left;
  expect(left).toEqual([expect.stringMatching(/mine was started on mine: name the module of the backend mine/)]);
});

it("a request for named runs cancels none if one of their backends cannot cancel", async () => {
  onPath(EMPTY_SLURM);
  const directories = [stateOf("dummy", 3), stateOf("slurm", 0)];
  const [refused = ""] = await reportsOf(await findJobs(directories, { runs: ["b-0", "b-3"] }));
  expect(refused).toContain("was started on dummy: jobs on this machine are ended by pressing Ctrl-C twice");
  expect(await reportsOf(await findJobs(directories, { runs: ["b-0"] }))).toEqual(["left_queue b-0"]);
});

it("a request is refused where no backend can cancel, with what to do", async () => {
  onPath({});
  const { module } = moduleOf("other");
  const refusal = async (backend: string) => {
    const [refused = ""] = await reportsOf(await findJobs([stateOf(backend, 0)], { all: true }, module));
    return refused.replace(/^the ensemble in \S+ was started on /, "");
  };
  expect(await refusal("slurm")).toMatch(/^slurm: there is no squeue here: load your site's module/);
  expect(await refusal("mine")).toBe("mine: name the module of the backend mine with --backend <file.js>");
  expect(await refusal("simulated")).toBe("simulated: its jobs are only simulated");
});

it("a module whose backend has no cancel$ cannot cancel", async () => {
  const { module } = moduleOf("mine");
  const { cancel$: _, ...backend } = module.open();
  const found = await findJobs([stateOf("mine", 1)], { all: true }, { name: "mine", open: () => backend });
  expect(await reportsOf(found)).toEqual([expect.stringContaining("the backend mine cannot cancel jobs")]);
});

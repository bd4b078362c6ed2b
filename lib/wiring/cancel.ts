/** The cancelling of jobs: finds them in journals, which other programs may be writing, and passes them to backends. */
import { join } from "node:path";
import { merge, type Observable } from "rxjs";
import type { BackendModule } from "../backends/module.js";
import { cancellerOf } from "../backends/registry.js";
import type { CancelReport, CancelTarget } from "../effects/cancel.js";
import type { Outcome } from "../events/event.js";
import type { RunHistory } from "../history/history.js";
import { ownerOf } from "../journal/inspect.js";
import { claimsPath } from "../journal/layout.js";
import type { Owner } from "../journal/lock.js";
import { DEFAULTS } from "../plan/settings.js";
import { exec } from "../system/processes/exec.js";
import { spawn } from "../system/processes/spawn.js";
import { temporaryDirectory } from "../system/scratch.js";
import { type JournalRecord, recordIn, type SubmittedByTask } from "./journal-record.js";
import { originalOf } from "./place.js";

/** The jobs to cancel: the jobs of these runs, or all jobs, including those of `submit` tasks. */
export type CancelRequest = { readonly runs: readonly string[] } | { readonly all: true };

export interface Cancellation {
  /** The number of jobs to cancel. */
  readonly jobs: number;
  /** The named runs without a job that may still go on. */
  readonly without: readonly string[];
  /** Why jobs of some ensembles cannot be cancelled from here, a sentence for each backend. */
  readonly left: readonly string[];
  /** The processes that run the ensembles, unless this machine knows that they are dead. */
  readonly owners: readonly Owner[];
  readonly cancel$: Observable<CancelReport>;
}

type Refused = { readonly refused: string };

/** Finds the jobs. `module`: the user's own backend, for the jobs of ensembles that were started on it. */
export const findJobs = async (
  directories: readonly string[],
  request: CancelRequest,
  module?: BackendModule,
): Promise<Cancellation | Refused> => {
  const records: JournalRecord[] = [];
  for (const directory of directories) {
    const record = await recordIn(directory);
    const original = await originalOf(directory, record.history.place);
    if (original !== undefined) return { refused: copyRefused(directory, original) };
    records.push(record);
  }
  const choice = "all" in request ? allJobs(records) : jobsOf(records, request.runs);
  if ("refused" in choice) return choice;
  const possible: { readonly chosen: readonly Chosen[]; readonly cancel$: Observable<CancelReport> }[] = [];
  const refusals: string[] = [];
  const left: string[] = [];
  for (const [name, chosen] of byBackend(choice.chosen)) {
    const targets = chosen.flatMap((one) => one.targets);
    const canceller = await cancellerOf(name, { module, needed: targets.length > 0, means: MEANS() });
    if ("refused" in canceller) {
      const refusal = refusalFor(chosen, name, canceller);
      refusals.push(refusal);
      if (canceller.queues && targets.length > 0) left.push(refusal);
    } else possible.push({ chosen, cancel$: canceller(targets) });
  }
  const [refused] = refusals;
  // If the user asked for all jobs, the others are still cancelled. If the user named runs, none is.
  if (refused !== undefined && (choice.named || possible.length === 0)) return { refused };
  const concerned = possible.flatMap(({ chosen }) => chosen);
  return {
    jobs: concerned.flatMap(({ targets }) => targets).length,
    without: choice.without,
    left,
    owners: await ownersOf(concerned),
    cancel$: merge(...possible.map(({ cancel$ }) => cancel$)),
  };
};

const copyRefused = (directory: string, original: string): string =>
  `${directory} is a copy of ${original}, and the jobs in its journal belong to the ensemble there: to cancel those, add --state-dir ${original}`;

const MEANS = () => ({ spawn, exec, settings: DEFAULTS, scratch: temporaryDirectory(), directory: process.cwd() });

const refusalFor = (chosen: readonly Chosen[], name: string, { refused }: Refused): string =>
  `the ensemble in ${directoriesIn(chosen.map(({ record }) => record))} was started on ${name}: ${refused}`;

/** The jobs of one ensemble that are to be cancelled. */
interface Chosen {
  readonly record: JournalRecord;
  readonly targets: readonly CancelTarget[];
}

interface Choice {
  readonly chosen: readonly Chosen[];
  readonly without: readonly string[];
  /** Whether the user named the runs. */
  readonly named: boolean;
}

const jobsOf = (records: readonly JournalRecord[], ids: readonly string[]): Choice | Refused => {
  const chosen: Chosen[] = [];
  const without: string[] = [];
  for (const id of new Set(ids)) {
    const found = records.flatMap((record) =>
      runsOf(record).flatMap((run) => (run.id === id ? [{ record, run }] : [])),
    );
    const [one, another] = found;
    if (one === undefined) return { refused: `no run ${id} was started, as ${directoriesIn(records)} tells` };
    if (another !== undefined)
      return {
        refused: `there is a run ${id} in ${directoriesIn(found.map(({ record }) => record))}: name one with --state-dir`,
      };
    const job = jobOf(one.record, one.run);
    if (job === undefined) without.push(id);
    chosen.push({ record: one.record, targets: job === undefined ? [] : [job] });
  }
  return { chosen, without, named: true };
};

const allJobs = (records: readonly JournalRecord[]): Choice => ({
  chosen: records.map((record) => ({ record, targets: allOf(record) })),
  without: [],
  named: false,
});

/** An ensemble that has not started on any backend has no jobs. */
const byBackend = (chosen: readonly Chosen[]): ReadonlyMap<string, readonly Chosen[]> => {
  const groups = new Map<string, Chosen[]>();
  for (const one of chosen) {
    const { backend } = one.record.history;
    if (backend !== undefined) groups.set(backend, [...(groups.get(backend) ?? []), one]);
  }
  return groups;
};

const directoriesIn = (records: readonly JournalRecord[]): string =>
  [...new Set(records.map(({ directory }) => directory))].join(" and ");

const ownersOf = async (chosen: readonly Chosen[]): Promise<readonly Owner[]> => {
  const owners: Owner[] = [];
  for (const directory of new Set(chosen.map(({ record }) => record.directory))) {
    const owner = await ownerOf(directory);
    if (owner !== undefined && owner.alive !== false) owners.push(owner);
  }
  return owners;
};

const runsOf = ({ history }: JournalRecord): readonly RunHistory[] =>
  [...history.batches.values()].flatMap(({ runs }) => [...runs.values()]);

const jobOf = (record: JournalRecord, { id: what, job }: RunHistory): CancelTarget | undefined => {
  if (job?.token === undefined || (job.end !== undefined && !isLost(job.end))) return undefined;
  const { token, id, start } = job;
  return targetOf(record, { what, token, start, ...(id !== undefined && { id }) });
};

/** A lost job may still be running: the user has to be sure that it has ended before a retry of its run. */
const isLost = (end: Outcome): boolean => !end.ok && end.failure.reason === "job" && end.failure.cause === "lost";

/** The jobs of runs, and all jobs of `submit` tasks: the program does not watch those, so each may still go on. */
const allOf = (record: JournalRecord): readonly CancelTarget[] => [
  ...runsOf(record)
    .map((run) => jobOf(record, run))
    .filter((job) => job !== undefined),
  ...[...record.submitted.values()].map((job) => targetOf(record, job)),
];

const targetOf = ({ directory, history }: JournalRecord, { start, ...job }: SubmittedByTask): CancelTarget => {
  const root = claimsPath(directory);
  return { ...job, boot: history.boots[start] ?? "", claims: { path: (name) => join(root, name) } };
};

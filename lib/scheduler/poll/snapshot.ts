/** What one look at the queue has shown. */
import { concatMap, forkJoin, map, type Observable, shareReplay, timer } from "rxjs";
import { parseQueue, type Row } from "../../backends/slurm/queue-output.js";
import { meaningOf } from "../../backends/slurm/states.js";
import type { ExecResult } from "../../system/processes/exec.js";
import { baseOf, clusterOf, jobKey } from "../job-id.js";
import { type Accounting, type Accounts, both } from "./accounting.js";
import { markIn } from "./ownership.js";

/** A look that succeeded, at one cluster at least. */
export interface Snapshot {
  /** When it was begun, in milliseconds. */
  readonly at: number;
  /** Clusters that did not answer, or were not asked since they have not of late: undefined is this one. */
  readonly silent: ReadonlySet<string | undefined>;
  /** By job id: an array has a row for each part that differs. */
  readonly jobs: ReadonlyMap<string, readonly Row[]>;
  /** The id under which a mark is in the queue. */
  readonly marks: ReadonlyMap<string, string>;
  /** The names of those that have not ended, by cluster. */
  readonly names: ReadonlyMap<string | undefined, readonly string[]>;
  /** What accounting says of a job: asked once for all that are asked about in the same look. */
  readonly account$: (job: string) => Observable<Accounts>;
  /** The same for all jobs of this user. */
  readonly accounts$: Observable<Accounts>;
}

/** What squeue has said of a cluster; absent where it has not. */
export interface ClusterAnswer {
  readonly cluster: string | undefined;
  readonly answer?: ExecResult;
}

export const snapshotOf = (at: number, told: readonly ClusterAnswer[], accounting: Accounting): Snapshot => {
  const jobs = new Map<string, Row[]>();
  const marks = new Map<string, string>();
  const names = new Map<string | undefined, string[]>();
  const silent = new Set<string | undefined>();
  for (const { cluster, answer } of told) {
    if (answer === undefined) {
      silent.add(cluster);
      continue;
    }
    const live: string[] = [];
    names.set(cluster, live);
    for (const row of parseQueue(answer.stdout)) {
      const key = jobKey(row.base, cluster);
      const rows = jobs.get(key);
      if (rows === undefined) jobs.set(key, [row]);
      else rows.push(row);
      const mark = markIn(row.comment);
      if (mark !== undefined) marks.set(mark, key);
      if (meaningOf(row.state).is !== "ended") live.push(row.name);
    }
  }
  const clusters = told.map(({ cluster }) => cluster);
  return { at, silent, jobs, marks, names, account$: collecting(accounting), accounts$: allOf(accounting, clusters) };
};

/** Those who ask in the turn of the look itself are asked for together. */
const collecting = (accounting: Accounting): Snapshot["account$"] => {
  const wanted = new Map<string | undefined, Set<string>>();
  const answers = new Map<string | undefined, Observable<Accounts>>();
  return (job) => {
    const cluster = clusterOf(job);
    const ids = wanted.get(cluster) ?? new Set();
    wanted.set(cluster, ids.add(baseOf(job)));
    const known = answers.get(cluster);
    if (known !== undefined) return known;
    const answer$ = timer(0).pipe(
      concatMap(() => accounting.of$([...ids], cluster)),
      shareReplay({ bufferSize: 1, refCount: false }),
    );
    answers.set(cluster, answer$);
    return answer$;
  };
};

const allOf = (accounting: Accounting, clusters: readonly (string | undefined)[]): Observable<Accounts> =>
  forkJoin(clusters.map((cluster) => accounting.all$(cluster))).pipe(
    map((all) => all.reduce(both)),
    shareReplay({ bufferSize: 1, refCount: false }),
  );

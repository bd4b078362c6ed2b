/** What one poll of the queue shows. */
import { concatMap, forkJoin, map, type Observable, shareReplay, timer } from "rxjs";
import type { QueueRow } from "../answers.js";
import { baseOf, clusterOf, jobKey } from "../job-id.js";
import { type Accounting, type Accounts, both } from "./accounting.js";

/** A poll that at least one cluster answered. */
export interface Snapshot {
  /** When the poll started, in milliseconds. */
  readonly at: number;
  /** Clusters that did not answer, or were left alone because they have not of late; undefined is the site's own. */
  readonly silent: ReadonlySet<string | undefined>;
  /** By job id. A job of several parts has a row for each part that differs. */
  readonly jobs: ReadonlyMap<string, readonly QueueRow[]>;
  /** The id under which a mark is in the queue. */
  readonly marks: ReadonlyMap<string, string>;
  /** The names of jobs that have not ended, by cluster. */
  readonly names: ReadonlyMap<string | undefined, readonly string[]>;
  /** What accounting says of a job: one query for all jobs that are asked about in the same snapshot. */
  readonly account$: (job: string) => Observable<Accounts>;
  /** The same for all jobs of this user. */
  readonly accounts$: Observable<Accounts>;
}

/** The rows that a cluster answered; absent where it did not. */
export interface ClusterAnswer {
  readonly cluster: string | undefined;
  readonly rows?: readonly QueueRow[];
}

export const snapshotOf = (at: number, answers: readonly ClusterAnswer[], accounting: Accounting): Snapshot => {
  const jobs = new Map<string, QueueRow[]>();
  const marks = new Map<string, string>();
  const names = new Map<string | undefined, string[]>();
  const silent = new Set<string | undefined>();
  for (const { cluster, rows: all } of answers) {
    if (all === undefined) {
      silent.add(cluster);
      continue;
    }
    const live: string[] = [];
    names.set(cluster, live);
    for (const row of all) {
      const key = jobKey(row.base, cluster);
      const rows = jobs.get(key);
      if (rows === undefined) jobs.set(key, [row]);
      else rows.push(row);
      if (row.mark !== undefined) marks.set(row.mark, key);
      if (row.meaning.is !== "ended") live.push(row.name);
    }
  }
  const clusters = answers.map(({ cluster }) => cluster);
  return { at, silent, jobs, marks, names, account$: together(accounting), accounts$: allOf(accounting, clusters) };
};

/** Collects the jobs that are asked about in the turn of the snapshot itself into one query. */
const together = (accounting: Accounting): Snapshot["account$"] => {
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

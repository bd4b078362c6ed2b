/** Stories: plausible events of an ensemble with their times, made without the stream. */
import { concatMap, delay, from, type Observable, of } from "rxjs";
import { EVENT_SCHEMA } from "../../lib/events/event.js";
import type { EnsembleStarted, Event, Fact, Failure, InRun } from "../../lib/index.js";

export interface StoryOptions {
  readonly batches?: readonly { readonly name: string; readonly runs: number; readonly after?: readonly string[] }[];
  readonly maxruns?: number;
  /** The duration of a run, in seconds. */
  readonly takes?: number;
  /** Whether a run fails, by its index. */
  readonly fails?: (index: number) => boolean;
  /** The id of a run. */
  readonly id?: (batch: string, index: number) => string;
  readonly pre_process?: number;
  readonly post_process?: number;
}

export const DIRECTORY = "/scratch/ada/ensembles";
export const START_MS = Date.parse("2026-11-24T08:00:00.000Z");

/** The whole story, in order. */
export const story = (options: StoryOptions = {}): readonly Event[] => {
  const { batches = [{ name: "tst1", runs: 20 }], pre_process = 1, post_process = 1 } = options;
  const timed: { at: number; fact: Fact }[] = [];
  const add = (at: number, fact: Fact) => timed.push({ at, fact });
  const open = {
    schema: EVENT_SCHEMA,
    version: "0.1.0",
    host: "login03",
    boot: "b7",
    pid: 4711,
  } as const;
  add(0, { type: "stream.opened", ...open, directory: DIRECTORY });
  add(0, {
    type: "ensemble.started",
    ensemble: "lorenz",
    configuration: "lorenz.yaml",
    backend: "dummy",
    pre_process,
    post_process,
    batches: batches.map(({ name, runs, after = [] }) => ({ batch: name, runs, maxruns: 8, maxjobs: 4, after })),
  });
  const begin = ownTasks("pre_process", pre_process, 0, add);
  const ends = new Map<string, number>();
  let failed = 0;
  for (const batch of batches) {
    const since = Math.max(begin, ...(batch.after ?? []).map((name) => ends.get(name) ?? begin));
    const [end, wrong] = addBatch(batch.name, batch.runs, since, options, add);
    ends.set(batch.name, end);
    failed += wrong;
  }
  const end = ownTasks("post_process", post_process, Math.max(begin, ...ends.values()), add);
  const runs = batches.reduce((sum, batch) => sum + batch.runs, 0);
  const counts = { succeeded: runs - failed, failed, skipped: 0, interrupted: 0 };
  const outcome =
    failed === 0
      ? { ok: true as const }
      : { ok: false as const, failure: { reason: "parts" as const, runs: failed, batches: 0 } };
  add(end, { type: "ensemble.finished", ensemble: "lorenz", ...counts, ...outcome, elapsed_s: end });
  return timed.sort((a, b) => a.at - b.at).map(({ at, fact }, seq) => stamped(fact, seq, at));
};

/** Turns a fact into an event. `at`: its time, in seconds after the start. */
export const stamped = (fact: Fact, seq: number, at: number): Event => ({
  seq,
  time: new Date(START_MS + at * 1000).toISOString(),
  ...fact,
});

/** Emits each event at its time, with the timers of rxjs. */
export const played = (events: readonly Event[]): Observable<Event> => {
  let last = START_MS;
  return from(events).pipe(
    concatMap((event) => {
      const wait = Date.parse(event.time) - last;
      last += wait;
      return wait > 0 ? of(event).pipe(delay(wait)) : of(event);
    }),
  );
};

export const jobFailure = (batch: string, run: string): Failure => ({
  reason: "job",
  cause: "failed",
  status: 3,
  signal: null,
  log: `${DIRECTORY}/${batch}/${run}/job.sh.out`,
});

type Add = (at: number, fact: Fact) => void;

/** Tasks of the ensemble: half a second each. */
const ownTasks = (list: string, tasks: number, since: number, add: Add): number => {
  for (let index = 0; index < tasks; index += 1) {
    const ids = { task: `${list}[${index}]`, name: "execute" };
    add(since + index / 2, { type: "task.started", ...ids });
    add(since + (index + 1) / 2, { type: "task.finished", ...ids, ok: true, elapsed_s: 0.5 });
  }
  return since + tasks / 2;
};

const addBatch = (
  batch: string,
  runs: number,
  since: number,
  options: StoryOptions,
  add: Add,
): readonly [number, number] => {
  const {
    maxruns = 8,
    takes = 4,
    fails = (index) => index % 9 === 7,
    id = (name, index) => `${name}-${index}`,
  } = options;
  add(since, { type: "batch.started", batch, runs });
  const lanes = Array.from({ length: maxruns }, () => since);
  let failed = 0;
  for (let index = 0; index < runs; index += 1) {
    const lane = lanes.indexOf(Math.min(...lanes));
    const begin = lanes[lane] ?? since;
    // Runs take different times, as real runs do.
    const end = begin + takes * (0.8 + (0.4 * ((index * 7) % 11)) / 10);
    lanes[lane] = end;
    const wrong = fails(index);
    if (wrong) failed += 1;
    addRun({ batch, run: id(batch, index), cycle: 1, attempt: 1 }, index, begin, end, wrong, add);
  }
  const end = Math.max(...lanes);
  const totals = { succeeded: runs - failed, failed, skipped: 0 };
  add(end, { type: "batch.finished", batch, cycles: 1, ...totals, ok: true, elapsed_s: end - since });
  return [end, failed];
};

const addRun = (ids: InRun, index: number, begin: number, end: number, wrong: boolean, add: Add): void => {
  const at = (share: number) => begin + (end - begin) * share;
  const job = String(120000 + index);
  const check = { ...ids, task: "pre_run[0]", name: "check" };
  add(begin, { type: "run.started", index, directory: `${DIRECTORY}/${ids.batch}/${ids.run}`, ...ids });
  add(at(0.05), { type: "run.prepared", ...ids });
  add(at(0.05), { type: "task.started", ...check });
  add(at(0.06), { type: "task.waiting", message: "`test -e input.nc` ended with exit status 1", ...check });
  add(at(0.2), { type: "task.finished", ...check, ok: true, looks: 2, elapsed_s: (end - begin) * 0.15 });
  add(at(0.2), { type: "run.waiting", because: "maxjobs", ...ids });
  add(at(0.3), { type: "job.submitting", script: "job.sh", ...ids });
  add(at(0.3), { type: "job.submitted", job, ...ids });
  add(at(0.35), { type: "job.changed", job, state: "running", ...ids });
  const failure = jobFailure(ids.batch, ids.run);
  const outcome = wrong ? { ok: false as const, failure } : { ok: true as const };
  add(at(0.9), { type: "job.finished", job, ...ids, ...outcome, elapsed_s: (end - begin) * 0.6 });
  add(end, { type: "run.finished", ...ids, ...outcome, elapsed_s: end - begin });
};

/** The start of an ensemble with these batches and without tasks. */
export const startedWith = (...batches: EnsembleStarted["batches"]): EnsembleStarted => ({
  ...{ type: "ensemble.started", ensemble: "e", configuration: "e.yaml", backend: "dummy" },
  ...{ pre_process: 0, post_process: 0, batches },
});

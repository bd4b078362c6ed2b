/** The verdict on a story: the outcome by the journal, the counts of the world, and the differences from a reference. */
import type { Event } from "../../lib/events/event.js";
import { causeOf } from "../../lib/events/failure.js";
import { segmentPath, segmentsIn } from "../../lib/journal/layout.js";
import { readJournal } from "../../lib/journal/scan.js";
import type { Contents } from "./disk.js";
import { type Life, STATE, type Stage } from "./life.js";
import { type Execution, keyOf } from "./world.js";

export interface Outcome {
  /** How each run ended, by run, cycle and attempt. A run without an end is missing. */
  readonly runs: ReadonlyMap<string, string>;
  /** How each batch ended last. */
  readonly batches: ReadonlyMap<string, string>;
  /** The counts in the last event of the last start. */
  readonly counts: string;
  /** All executions, by the key of their work. */
  readonly executed: ReadonlyMap<string, readonly Execution[]>;
}

/** All events in a journal, in order. */
export const eventsIn = (contents: Contents): readonly Event[] => {
  const events: Event[] = [];
  const names = contents.names().map((name) => name.slice(STATE.length + 1));
  for (const segment of segmentsIn(names))
    readJournal(contents.read(segmentPath(STATE, segment)), (event) => events.push(event));
  return events;
};

/** The outcome of a story. Adds to `violations` what must not happen in any story. */
export const outcomeOf = ({ disk, world }: Stage, last: Life, violations: string[]): Outcome => {
  const runs = new Map<string, string>();
  const batches = new Map<string, string>();
  for (const event of eventsIn(disk.now)) {
    if (event.type === "batch.finished") batches.set(event.batch, endOf(event));
    const skipped = event.type === "run.skipped" && event.because === "check";
    if (event.type !== "run.finished" && !skipped) continue;
    const key = `${event.run}.${event.cycle}.${event.attempt}`;
    if (runs.has(key)) violations.push(`${key} has ended twice: as ${runs.get(key) ?? ""}, and again`);
    runs.set(key, event.type === "run.finished" ? endOf(event) : "skipped");
  }
  const finished = last.events.at(-1);
  if (finished?.type !== "ensemble.finished") violations.push(`the last event is ${JSON.stringify(finished)}`);
  const executed = new Map<string, readonly Execution[]>();
  for (const execution of world.executions) {
    executed.set(execution.key, [...(executed.get(execution.key) ?? []), execution]);
  }
  return { runs, batches, counts: countsOf(finished), executed };
};

const endOf = (end: Event & { type: "run.finished" | "batch.finished" }): string =>
  end.ok ? "succeeded" : causeOf(end.failure);

const countsOf = (event: Event | undefined): string => {
  if (event?.type !== "ensemble.finished") return "none";
  const { ok, succeeded, failed, skipped, interrupted, ignored = 0 } = event;
  return JSON.stringify({ ok, succeeded, failed, skipped, interrupted, ignored });
};

/** How the story differs from one without a fault. */
export const differences = ({ world }: Stage, outcome: Outcome, reference: Outcome): readonly string[] => {
  const doubtful = (key: string) => [...world.unknown].some((claim) => claim.includes(`.${key}.`));
  const violations = [...world.violations, ...repeated(outcome, world.unknown)];
  for (const key of new Set([...reference.runs.keys(), ...outcome.runs.keys()])) {
    const [is, was] = [outcome.runs.get(key) ?? "lost", reference.runs.get(key) ?? "not there"];
    if (is === was || ((is === "interrupted" || is === "job:lost") && doubtful(key))) continue;
    // A task in doubt of a batch or of the ensemble blocks everything after it.
    if (is === "lost" && [...world.unknown].some(isOfBatch)) continue;
    violations.push(`${key} is ${is}, and would have been ${was}`);
  }
  // After a doubt, batches and counts may differ: only the rules above apply.
  if (world.unknown.size > 0) return violations;
  for (const [name, was] of reference.batches) {
    const is = outcome.batches.get(name) ?? "lost";
    if (is !== was) violations.push(`${name} is ${is}, and would have been ${was}`);
  }
  if (outcome.counts !== reference.counts) violations.push(`counted ${outcome.counts}, not ${reference.counts}`);
  const [is, was] = [outcome, reference].map(({ executed }) => [...executed.keys()].sort().join(" "));
  if (is !== was) violations.push(`executed ${is ?? ""}, not ${was ?? ""}`);
  return violations;
};

/** Work that was executed more than once but must be executed only once. */
export const repeated = ({ executed }: Outcome, unknown: ReadonlySet<string>): readonly string[] =>
  [...executed].flatMap(([key, all]) => {
    const twice = all.slice(0, -1).some((before) => !mayFollow(before, unknown));
    return twice ? [`${key} was executed ${all.length} times: ${all.map(({ claim }) => claim).join(", ")}`] : [];
  });

/**
 * Whether the work may be executed again: it is idempotent, or it belongs to a batch or the ensemble and has failed
 * in a way that counts, or the ensemble failed because other work was in doubt. Then the next start tries again.
 */
const mayFollow = ({ key, claim, repeatable, ignored, status }: Execution, unknown: ReadonlySet<string>): boolean => {
  if (repeatable) return true;
  if (isOfRun(key)) return false;
  if (unknown.has(claim)) return false;
  return (
    (ignored ? status === undefined : status !== 0) || (/\bpost_process\[/.test(key) && [...unknown].some(isOfBatch))
  );
};

/** Whether a claim belongs to a task of a batch or of the ensemble. */
export const isOfBatch = (claim: string): boolean => !isOfRun(keyOf(claim));

const isOfRun = (key: string): boolean => /^[a-z]+-\d+\./.test(key);

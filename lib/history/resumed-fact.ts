/** The event that tells what earlier starts of an ensemble have finished. */
import type { EnsembleResumed } from "../events/event.js";
import type { Ensemble } from "../plan/plan.js";
import { causeOfEnd, countEnds, type History, totalsOf } from "./history.js";

/** The number of failures that the event lists; it only counts the others. */
const LISTED = 1000;

export const resumedFact = (plan: Ensemble, past: History): EnsembleResumed => {
  const failures: EnsembleResumed["failures"][number][] = [];
  const causes = new Map<string, number>();
  let [failure_count, in_progress, changed] = [0, 0, 0];
  const batches = plan.batches.flatMap(({ name, runs }) => {
    const known = past.batches.get(name);
    if (known === undefined) return [];
    for (const { index, fingerprint } of runs) {
      const before = known.runs.get(index);
      if (before?.end !== undefined && before.fingerprint !== fingerprint) changed += 1;
    }
    const listed = runs.flatMap(({ index }) => known.runs.get(index) ?? []);
    const { cycle, before, finished } = known;
    const last = countEnds(listed.filter((run) => run.cycle < cycle));
    const totals = totalsOf(known, listed);
    const isOver = finished?.ok === true && totals.succeeded + totals.failed + totals.skipped === 0;
    for (const { id, directory, end, cycle: runCycle } of listed) {
      if (end === undefined) in_progress += 1;
      const cause = causeOfEnd(end);
      if (cause === undefined || end?.how !== "failed" || (runCycle < cycle && !isOver)) continue;
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
      failure_count += 1;
      if (failures.length < LISTED) failures.push({ failure: end.failure, batch: name, run: id, directory });
    }
    return [{ batch: name, cycle, before, last, now: isOver ? last : totals, ...(finished && { ok: finished.ok }) }];
  });
  return {
    type: "ensemble.resumed",
    ...{ starts: past.starts, in_progress, changed, batches, causes: [...causes], failures, failure_count },
    ...(past.ignored !== undefined && { ignored: past.ignored }),
  };
};

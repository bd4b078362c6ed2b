/** The backend of `--simulate`: its jobs only take time, and some fail. */
import { asyncScheduler, concat, defer, EMPTY, finalize, map, of, timer } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../../effects/backend.js";
import type { JobCause } from "../../events/failure.js";
import { randomOf } from "./random.js";
import { jobCauseOf, type Simulation } from "./specification.js";

export { parseSimulation, type Simulation } from "./specification.js";

interface SimulatedJob {
  readonly name: string;
  readonly end: JobReport;
  /** When it ends, in milliseconds of the timers' clock. */
  readonly at: number;
  readonly watched: boolean;
}

/**
 * A backend whose jobs are timers. A job's fate depends on the seed, its name, and how many jobs of that name came before,
 * and not on the order of submissions. A job without a watcher delays nothing, but is counted.
 */
export const simulated = ({ time, fail, seed }: Simulation, name: string): Backend => {
  const jobs = new Map<string, SimulatedJob>();
  const sameName = new Map<string, number>();
  let submitted = 0;

  const submit = ({ name: job, watched }: JobRequest): Handover => {
    const number = (sameName.get(job) ?? 0) + 1;
    sameName.set(job, number);
    const random = randomOf(seed, number === 1 ? job : `${job}#${number}`);
    const seconds = time(random);
    const cause = jobCauseOf(fail, random());
    const id = `simulated-${++submitted}`;
    jobs.set(id, {
      name: job,
      watched,
      end: cause === undefined ? { state: "ended" } : failing(cause),
      // A job fails before its time is over, unless it times out.
      at: asyncScheduler.now() + 1000 * (cause === undefined || cause === "timeout" ? seconds : seconds * random()),
    });
    return { job: id };
  };
  return {
    name,
    submit$: (request) => defer(() => of(submit(request))),
    // Simulated jobs end with the program that simulates them.
    adopt$: () => EMPTY,
    watch$: (id) =>
      defer(() => {
        const job = jobs.get(id);
        if (job === undefined) return of(failing("not_started", `this program has submitted no job ${id}`));
        const left = Math.max(0, job.at - asyncScheduler.now());
        return concat(of<JobReport>({ state: "running" }), timer(left).pipe(map(() => job.end)));
      }).pipe(finalize(() => jobs.delete(id))),
    count$: (match) =>
      defer(() => {
        const now = asyncScheduler.now();
        let count = 0;
        for (const [id, job] of jobs) {
          if (job.at > now && job.name.startsWith(match)) count += 1;
          // No watcher will ask about the job again.
          else if (job.at <= now && !job.watched) jobs.delete(id);
        }
        return of(count);
      }),
  };
};

const failing = (cause: JobCause, message = "simulated"): JobReport => ({
  state: "ended",
  failure: { reason: "job", cause, message },
});

/** `--simulate`: jobs that only take time, and fail as often as they are told to. */
import { asyncScheduler, concat, defer, EMPTY, finalize, map, of, timer } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../../effects/backend.js";
import type { JobCause } from "../../events/failure.js";
import { randomOf } from "./random.js";
import { jobCauseOf, type Simulation } from "./specification.js";

export { parseSimulation, type Simulation } from "./specification.js";

interface SimulatedJob {
  readonly name: string;
  readonly end: JobReport;
  /** When it ends, in milliseconds of the clock that timers go by. */
  readonly at: number;
  readonly watched: boolean;
}

/**
 * A backend whose jobs are timers. The seed, a job's name, and how many of that name there were before decide its fate,
 * and not the order in which jobs are submitted. A job that nobody watches keeps nobody waiting, but is counted.
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
      end: cause === undefined ? { state: "ended" } : badly(cause),
      // One that does not succeed has not come to its end, unless it came to the end of its time.
      at: asyncScheduler.now() + 1000 * (cause === undefined || cause === "timeout" ? seconds : seconds * random()),
    });
    return { job: id };
  };
  return {
    name,
    submit$: (request) => defer(() => of(submit(request))),
    // They are nowhere but in the program that plays them, and went with it.
    adopt$: () => EMPTY,
    watch$: (id) =>
      defer(() => {
        const job = jobs.get(id);
        if (job === undefined) return of(badly("not_started", `nobody has submitted ${id}`));
        const left = Math.max(0, job.at - asyncScheduler.now());
        return concat(of<JobReport>({ state: "running" }), timer(left).pipe(map(() => job.end)));
      }).pipe(finalize(() => jobs.delete(id))),
    count$: (match) =>
      defer(() => {
        const now = asyncScheduler.now();
        let count = 0;
        for (const [id, job] of jobs) {
          if (job.at > now && job.name.startsWith(match)) count += 1;
          // Nobody will ask about it again.
          else if (job.at <= now && !job.watched) jobs.delete(id);
        }
        return of(count);
      }),
  };
};

const badly = (cause: JobCause, message = "simulated"): JobReport => ({
  state: "ended",
  failure: { reason: "job", cause, message },
});

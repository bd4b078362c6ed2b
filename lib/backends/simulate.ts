/** `--simulate`: jobs that only take time, and fail as often as they are told to. */
import { concat, defer, finalize, map, of, timer } from "rxjs";
import type { Backend, JobReport } from "../effects.js";
import type { JobCause } from "../failure.js";
import { normal, randomOf } from "./random.js";

export interface Simulation {
  /** How long a job takes, in seconds. */
  readonly time: (random: () => number) => number;
  /** How likely each bad end is. */
  readonly fail: readonly { readonly cause: JobCause; readonly rate: number }[];
  readonly seed: number;
}

const CAUSES: readonly JobCause[] = ["failed", "timeout", "preempted", "node_failure", "out_of_memory", "cancelled"];

const NUMBER = String.raw`(\d+(?:\.\d+)?)s?`;
const FIXED = new RegExp(`^${NUMBER}$`);
const BETWEEN = new RegExp(String.raw`^${NUMBER}\.\.${NUMBER}$`);
const NORMAL = new RegExp(String.raw`^normal\(${NUMBER},${NUMBER}\)$`);

/**
 * Reads `time=1..5s fail=timeout:0.05,failed:0.1 seed=42`; what is left out is `time=1s`, no failures, seed 0. `time`
 * is a number of seconds, `from..to` (each as likely), or `normal(mean,deviation)`. `fail=0.1` is `fail=failed:0.1`.
 * Throws a RangeError that says what is wrong.
 */
export const parseSimulation = (text: string): Simulation => {
  const found: Record<string, string> = { time: "1s", fail: "", seed: "0" };
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [name = "", ...rest] = word.split("=");
    if (!(name in found) || rest.length === 0) {
      throw new RangeError(
        `--simulate does not know "${word}"; it takes time=, fail= and seed=, with a space between them`,
      );
    }
    found[name] = rest.join("=");
  }
  const { time = "", fail = "", seed = "" } = found;
  if (!/^\d{1,9}$/.test(seed)) throw new RangeError(`--simulate: seed has to be a whole number, and is "${seed}"`);
  return { time: timeOf(time), fail: ratesOf(fail), seed: Number(seed) };
};

/** A backend whose jobs are timers. The seed and a job's name decide its fate. */
export const simulated = ({ time, fail, seed }: Simulation, name: string): Backend => {
  const jobs = new Map<string, string>();
  let submitted = 0;
  return {
    name,
    submit$: (request) =>
      defer(() => {
        const id = `simulated-${++submitted}`;
        jobs.set(id, request.name);
        return of(id);
      }),
    watch$: (id) =>
      defer(() => {
        const random = randomOf(seed, jobs.get(id) ?? id);
        const seconds = Math.max(0, time(random));
        const cause = causeOf(fail, random());
        const end: JobReport = {
          state: "ended",
          ...(cause !== undefined && { failure: { reason: "job", cause, message: "simulated" } }),
        };
        // A job that does not succeed has not come to its end.
        const until = cause === undefined ? seconds : seconds * random();
        return concat(of<JobReport>({ state: "running" }), timer(until * 1000).pipe(map(() => end)));
      }).pipe(finalize(() => jobs.delete(id))),
    count$: (match) => defer(() => of([...jobs.values()].filter((job) => job.startsWith(match)).length)),
  };
};

const timeOf = (text: string): Simulation["time"] => {
  const fixed = FIXED.exec(text);
  if (fixed) return () => Number(fixed[1]);
  const between = BETWEEN.exec(text);
  if (between) {
    const [from, to] = [Number(between[1]), Number(between[2])];
    if (from > to) throw new RangeError(`--simulate: time=${text} ends before it begins`);
    return (random) => from + (to - from) * random();
  }
  const bell = NORMAL.exec(text);
  if (bell) return (random) => Number(bell[1]) + Number(bell[2]) * normal(random);
  throw new RangeError(`--simulate: time has to be like 2s, 1..5s or normal(10,2), and is "${text}"`);
};

const ratesOf = (text: string): Simulation["fail"] => {
  const rates = text
    .split(",")
    .filter(Boolean)
    .map((part) => {
      const [cause = "", rate] = part.includes(":") ? part.split(":") : ["failed", part];
      const known = CAUSES.find((candidate) => candidate === cause);
      if (known === undefined)
        throw new RangeError(`--simulate: a job cannot fail by "${cause}"; it can by ${CAUSES.join(", ")}`);
      const share = Number(rate);
      if (!/^[\d.]+$/.test(rate ?? "") || !(share >= 0 && share <= 1)) {
        throw new RangeError(`--simulate: a rate has to be from 0 to 1, and is "${rate ?? ""}"`);
      }
      return { cause: known, rate: share };
    });
  if (rates.reduce((sum, { rate }) => sum + rate, 0) > 1)
    throw new RangeError("--simulate: the rates are more than 1 together");
  return rates;
};

const causeOf = (fail: Simulation["fail"], lot: number): JobCause | undefined => {
  let sum = 0;
  return fail.find(({ rate }) => {
    sum += rate;
    return lot < sum;
  })?.cause;
};

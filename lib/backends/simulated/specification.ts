/** The text of `--simulate`: how long jobs take, how they fail, and the seed. */
import type { JobCause } from "../../events/failure.js";
import { normal, type Random } from "./random.js";

export interface Simulation {
  /** How long a job takes, in seconds: from 0 to `LONGEST_S`. */
  readonly time: (random: Random) => number;
  /** How likely each failure is, from 0 to 1; together at most 1. */
  readonly fail: readonly { readonly cause: JobCause; readonly rate: number }[];
  readonly seed: number;
}

/** 23 days: a JavaScript timer takes little more. */
const LONGEST_S = 2_000_000;

/**
 * Reads `time=1..5s fail=timeout:0.05,failed:0.1 seed=42`; what is left out is `time=1s`, no failures, `seed=0`. `time`
 * is a number of seconds, `from..to` (each as likely), or `normal(mean,deviation)`. `fail=0.1` is `fail=failed:0.1`.
 * Throws a `RangeError` that says what is wrong.
 */
export const parseSimulation = (text: string): Simulation => {
  const found = new Map<string, string>();
  for (const part of text.split(PARTS).filter(Boolean)) {
    const [, name, value = ""] = PART.exec(part) ?? [];
    if (name === undefined) throw invalid(`"${part}" is unknown; the keys are time=, fail= and seed=`);
    if (found.has(name)) throw invalid(`${name}= is given twice`);
    found.set(name, value);
  }
  return {
    time: timeOf(found.get("time") ?? "1s"),
    fail: ratesOf(found.get("fail")),
    seed: seedOf(found.get("seed") ?? "0"),
  };
};

/** The failure that a random number from 0 to 1 selects, if any. */
export const jobCauseOf = (fail: Simulation["fail"], drawn: number): JobCause | undefined => {
  let sum = 0;
  return fail.find(({ rate }) => {
    sum += rate;
    return drawn < sum;
  })?.cause;
};

/** Blanks or commas separate parts; a comma within a part is not followed by `name=`. */
const PARTS = /\s+(?![^(]*\))|,(?=\s*[a-z]+=)/;
const PART = /^(time|fail|seed)=(.*)$/s;

const NUMBER = String.raw`\s*(\d+(?:\.\d+)?)s?\s*`;
const FIXED = new RegExp(`^${NUMBER}$`);
const BETWEEN = new RegExp(String.raw`^${NUMBER}\.\.${NUMBER}$`);
const NORMAL = new RegExp(String.raw`^normal\(${NUMBER},${NUMBER}\)$`);

const timeOf = (text: string): Simulation["time"] => {
  const [, a, b] = FIXED.exec(text) ?? BETWEEN.exec(text) ?? NORMAL.exec(text) ?? [];
  if (a === undefined) throw invalid(`time must be like 2s, 1..5s or normal(10,2), and is "${text}"`);
  const [first, second] = [Number(a), Number(b)];
  if (first > LONGEST_S || second > LONGEST_S) throw invalid(`a job may take at most ${LONGEST_S} s`);
  if (b === undefined) return () => first;
  if (NORMAL.test(text)) {
    return (random) => Math.min(LONGEST_S, Math.max(0, first + second * normal(random)));
  }
  if (first > second) throw invalid(`time=${text} must name the shorter time first`);
  return (random) => first + (second - first) * random();
};

const CAUSES: readonly JobCause[] = ["failed", "timeout", "preempted", "node_failure", "out_of_memory", "cancelled"];

const ratesOf = (text: string | undefined): Simulation["fail"] => {
  const rates = (text?.split(",") ?? []).map((part) => {
    const [, word = "failed", digits] = /^\s*(?:(\w+):)?(\d+(?:\.\d+)?|\.\d+)\s*$/.exec(part) ?? [];
    if (digits === undefined) throw invalid(`fail must be like 0.1 or timeout:0.05,failed:0.1, and is "${text ?? ""}"`);
    const cause = CAUSES.find((known) => known === word);
    if (cause === undefined) throw invalid(`the cause "${word}" is unknown; the causes are ${CAUSES.join(", ")}`);
    const rate = Number(digits);
    if (rate > 1) throw invalid(`a rate must be from 0 to 1, and is ${digits}`);
    return { cause, rate };
  });
  // Tenths do not add up to 1 exactly.
  if (rates.reduce((sum, { rate }) => sum + rate, 0) > 1 + 1e-9) throw invalid("the rates must add up to at most 1");
  return rates;
};

const seedOf = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw invalid(`seed must be a whole number of at most 15 digits, and is "${text}"`);
  return Number(text);
};

const invalid = (what: string): RangeError => new RangeError(`--simulate: ${what}`);

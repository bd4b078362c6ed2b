/** The text of `--simulate`: how long jobs take, how they fail, and the seed. */
import type { JobCause } from "../../events/failure.js";
import { normal, type Random } from "./random.js";

export interface Simulation {
  /** How long a job takes, in seconds: from 0 to `LONGEST_S`. */
  readonly time: (random: Random) => number;
  /** How likely each bad end is, from 0 to 1; together at most 1. */
  readonly fail: readonly { readonly cause: JobCause; readonly rate: number }[];
  readonly seed: number;
}

/** 23 days: a JavaScript timer takes little more. */
const LONGEST_S = 2_000_000;

/**
 * Reads `time=1..5s fail=timeout:0.05,failed:0.1 seed=42`; what is left out is `time=1s`, no failures, `seed=0`. `time`
 * is a number of seconds, `from..to` (each as likely), or `normal(mean,deviation)`. `fail=0.1` is `fail=failed:0.1`.
 * Throws a RangeError that says what is wrong.
 */
export const parseSimulation = (text: string): Simulation => {
  const found = new Map<string, string>();
  for (const part of text.split(PARTS).filter(Boolean)) {
    const [, name, value = ""] = PART.exec(part) ?? [];
    if (name === undefined) throw bad(`it does not know "${part}"; it takes time=, fail= and seed=`);
    if (found.has(name)) throw bad(`${name}= stands there twice`);
    found.set(name, value);
  }
  return {
    time: timeOf(found.get("time") ?? "1s"),
    fail: ratesOf(found.get("fail")),
    seed: seedOf(found.get("seed") ?? "0"),
  };
};

/** The bad end that a number from 0 to 1 decides on, if it does. */
export const jobCauseOf = (fail: Simulation["fail"], lot: number): JobCause | undefined => {
  let sum = 0;
  return fail.find(({ rate }) => {
    sum += rate;
    return lot < sum;
  })?.cause;
};

/** Between parts there is a blank, or a comma; commas within a part stand before something else than `name=`. */
const PARTS = /\s+(?![^(]*\))|,(?=\s*[a-z]+=)/;
const PART = /^(time|fail|seed)=(.*)$/s;

const NUMBER = String.raw`\s*(\d+(?:\.\d+)?)s?\s*`;
const FIXED = new RegExp(`^${NUMBER}$`);
const BETWEEN = new RegExp(String.raw`^${NUMBER}\.\.${NUMBER}$`);
const NORMAL = new RegExp(String.raw`^normal\(${NUMBER},${NUMBER}\)$`);

const timeOf = (text: string): Simulation["time"] => {
  const [, a, b] = FIXED.exec(text) ?? BETWEEN.exec(text) ?? NORMAL.exec(text) ?? [];
  if (a === undefined) throw bad(`time has to be like 2s, 1..5s or normal(10,2), and is "${text}"`);
  const [first, second] = [Number(a), Number(b)];
  if (first > LONGEST_S || second > LONGEST_S) throw bad(`a job takes at most ${LONGEST_S} s`);
  if (b === undefined) return () => first;
  if (NORMAL.test(text)) {
    return (random) => Math.min(LONGEST_S, Math.max(0, first + second * normal(random)));
  }
  if (first > second) throw bad(`time=${text} ends before it begins`);
  return (random) => first + (second - first) * random();
};

const CAUSES: readonly JobCause[] = ["failed", "timeout", "preempted", "node_failure", "out_of_memory", "cancelled"];

const ratesOf = (text: string | undefined): Simulation["fail"] => {
  const rates = (text?.split(",") ?? []).map((part) => {
    const [, word = "failed", digits] = /^\s*(?:(\w+):)?(\d+(?:\.\d+)?|\.\d+)\s*$/.exec(part) ?? [];
    if (digits === undefined) throw bad(`fail has to be like 0.1 or timeout:0.05,failed:0.1, and is "${text ?? ""}"`);
    const cause = CAUSES.find((known) => known === word);
    if (cause === undefined) throw bad(`a job does not fail by "${word}"; it does by ${CAUSES.join(", ")}`);
    const rate = Number(digits);
    if (rate > 1) throw bad(`a rate is from 0 to 1, and not ${digits}`);
    return { cause, rate };
  });
  // Tenths do not add up to 1 exactly.
  if (rates.reduce((sum, { rate }) => sum + rate, 0) > 1 + 1e-9) throw bad("the rates are more than 1 together");
  return rates;
};

const seedOf = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw bad(`seed has to be a whole number of at most 15 digits, and is "${text}"`);
  return Number(text);
};

const bad = (what: string): RangeError => new RangeError(`--simulate: ${what}`);

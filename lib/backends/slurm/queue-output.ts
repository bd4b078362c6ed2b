/** Reads what squeue prints, row by row. A line that is not whole is left out. */
import type { QueueRow } from "../../scheduler/answers.js";
import { markIn } from "./marks.js";
import { meaningOf, obstacleOf } from "./states.js";

/** Between two fields: no name and no comment holds this character. */
export const SEPARATOR = "\x1f";

/** `-o` of squeue: the id first and the comment last, with the state between. A line that was cut or spliced lacks one of them. */
export const QUEUE_FORMAT = ["%i", "%A", "%T", "%V", "%r", "%j", "%k"].join(SEPARATOR);

/** A row as squeue prints it. */
export interface SqueueRow {
  /** The job's id, without the task of an array or the component of a heterogeneous job. */
  readonly base: string;
  /** Whether the row is about a task or a component, and not about the whole job. */
  readonly part: boolean;
  readonly state: string;
  readonly submitted: string;
  readonly reason: string;
  readonly name: string;
  /** Empty where there is none. */
  readonly comment: string;
}

export const parseQueue = (text: string): readonly SqueueRow[] =>
  wholeLines(text).flatMap((line) => {
    const fields = line.split(SEPARATOR);
    const [id = "", raw = "", state = "", submitted = "", reason = "", name = "", comment = ""] = fields;
    const base = baseIn(id, raw);
    if (fields.length !== 7 || base === undefined || !WORD.test(state) || !TIME.test(submitted)) return [];
    return [
      { base, part: /[_+]/.test(id), state, submitted, reason, name, comment: comment === "(null)" ? "" : comment },
    ];
  });

/** Leaves out a last line without its end. */
export const wholeLines = (text: string): readonly string[] => text.split("\n").slice(0, -1);

/**
 * The base of an id: `12`, `12_3`, `12_[1-4,9%2]`, `12_[1,3,...]`, `668+1`. `%A` repeats the id as a plain number. The two
 * differ only for parts of a job; otherwise a difference means that a digit was lost, and the row is dropped.
 */
export const baseIn = (id: string, raw: string): string | undefined => {
  const [, base, part] = ID.exec(id) ?? [];
  return NUMBER.test(raw) && (part !== undefined || raw === base) ? base : undefined;
};

const NUMBER = /^[1-9]\d{0,9}$/;

/** squeue cuts a long list of tasks, without a closing bracket. */
const ID = /^([1-9]\d{0,9})(_(?:\d+|\[[\d,.:%-]+\]?)|\+\d+)?$/;

/** A state is one word, known or not. */
const WORD = /^\S+$/;

export const TIME = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|N\/A|Unknown)$/;

/** The same row in the terms of the scheduler room. */
export const queueRowOf = ({ base, part, state, submitted, reason, name, comment }: SqueueRow): QueueRow => {
  const [obstacle, mark] = [obstacleOf(reason, state), markIn(comment)];
  return {
    ...{ base, part, state, submitted, reason, name, meaning: meaningOf(state) },
    ...(obstacle !== undefined && { obstacle }),
    ...(reason === "JobLaunchFailure" && { launchFailed: true }),
    ...(mark !== undefined && { mark }),
  };
};

/** What squeue prints, row by row: a line that is not whole says nothing. */

/** Between two fields: no name and no comment holds it. */
export const SEPARATOR = "\x1f";

/** `-o` of squeue: the id first and the comment last, with the state between. What was cut or spliced has not both. */
export const QUEUE_FORMAT = ["%i", "%A", "%T", "%V", "%r", "%j", "%k"].join(SEPARATOR);

export interface Row {
  /** The job's id, without the task of an array or the component of a heterogeneous job. */
  readonly base: string;
  /** Whether it is about a task, or a component, and not about the whole. */
  readonly part: boolean;
  readonly state: string;
  readonly submitted: string;
  readonly reason: string;
  readonly name: string;
  /** Empty where there is none. */
  readonly comment: string;
}

export const parseQueue = (text: string): readonly Row[] =>
  wholeLines(text).flatMap((line) => {
    const fields = line.split(SEPARATOR);
    const [id = "", raw = "", state = "", submitted = "", reason = "", name = "", comment = ""] = fields;
    const base = baseIn(id, raw);
    if (fields.length !== 7 || base === undefined || !WORD.test(state) || !TIME.test(submitted)) return [];
    return [
      { base, part: /[_+]/.test(id), state, submitted, reason, name, comment: comment === "(null)" ? "" : comment },
    ];
  });

/** The last line counts only if its end is there. */
export const wholeLines = (text: string): readonly string[] => text.split("\n").slice(0, -1);

/**
 * The base of an id: `12`, `12_3`, `12_[1-4,9%2]`, `12_[1,3,...]`, `668+1`. Slurm tells a raw id beside it, which is
 * another one for parts of a job only: an id that has lost a digit is not taken for another job's.
 */
export const baseIn = (id: string, raw: string): string | undefined => {
  const [, base, part] = ID.exec(id) ?? [];
  return NUMBER.test(raw) && (part !== undefined || raw === base) ? base : undefined;
};

const NUMBER = /^[1-9]\d{0,9}$/;
/** squeue cuts a list of tasks that is too long for it, without a closing bracket. */
const ID = /^([1-9]\d{0,9})(_(?:\d+|\[[\d,.:%-]+\]?)|\+\d+)?$/;

/** A state is one word; whether it is a known one is not for here to say. */
const WORD = /^\S+$/;

export const TIME = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|N\/A|Unknown)$/;

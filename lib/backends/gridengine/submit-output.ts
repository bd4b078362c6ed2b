/** Classifies what a qsub says. "unclear" is the rule, and everything else a listed exception. */
import type { SubmitAnswer, SubmitOutput } from "../../scheduler/answers.js";

export const qsubAnswer = ({ status, signal, stdout, stderr }: SubmitOutput): SubmitAnswer => {
  const job = jobIn(stdout);
  if (job !== undefined) return { is: "accepted", job };
  const said = messageOf(stderr) || messageOf(stdout);
  if (signal !== null || status === null || status === 0) {
    const how =
      signal === null ? `qsub ended with exit status ${String(status)} and no job id` : `${signal} ended qsub`;
    return { is: "unclear", message: said === "" ? how : `${said}; ${how}`, ended: status === 0 };
  }
  const message = said === "" ? `qsub ended with exit status ${status} and no message` : said;
  if (status === LIMIT) return { is: "busy", message };
  if (LOST.test(stderr)) return { is: "unclear", message, ended: false };
  const is = ANSWERS.find(([, pattern]) => pattern.test(stderr))?.[0];
  return is === undefined ? { is: "unclear", message, ended: true } : { is, message };
};

/** `-terse`: `12`, or `12.1-5:1` of an array; warnings may stand before. Without its end, a line may be cut. */
const jobIn = (stdout: string): string | undefined => {
  for (const line of stdout.split("\n").slice(0, -1).reverse()) {
    const [, id] = TERSE.exec(line) ?? SENTENCE.exec(line) ?? [];
    if (id !== undefined) return id;
  }
  return undefined;
};

const TERSE = /^([1-9]\d{0,9})(?:\.\d+-\d+:\d+)?$/;
const SENTENCE = /^Your job(?:-array)? ([1-9]\d{0,9})(?:\.\d+-\d+:\d+)? \(".*"\) has been submitted$/;

/** A limit of the user's or of all jobs, `max_u_jobs` or `max_jobs` (qsub(1), "EXIT STATUS"). */
const LIMIT = 25;

/**
 * A qsub that loses its connection says the same before its request, and after qmaster has taken the job
 * (sge_gdi_packet_internal.c): it looks whether qmaster lives, and reports that.
 */
const LOST =
  /unable to (send message to|contact) qmaster|failed (sending|receiving) gdi request|GDI mismatch|got \w+ error/i;

const ANSWERS: readonly (readonly [is: "away" | "refused", pattern: RegExp])[] = [
  // Before anything is sent: SGE_ROOT or its cell is not here.
  ["away", /^Unable to initialize environment because of error: /m],
  ["refused", /^Unable to read script file because of error: |^qsub: /m],
  // qmaster's own words: the last line before "Exiting.".
  [
    "refused",
    /^Unable to run job: (?:error: |denied: )?(?:job rejected|Job was rejected|no suitable queues|unknown resource|attribute ".*" is not|".*" is not a valid object name|Colon \(':'\) not allowed|the advance reservation id)/m,
  ],
];

/** The lines that say something, as one. */
const messageOf = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim().replace(/^(?:qsub: |Unable to run job: )?(?:error: )?/, ""))
    .filter((line) => line !== "" && line !== "Exiting." && !/^\d[\d.:-]*$/.test(line))
    .slice(-4)
    .join("; ")
    .slice(0, LONGEST);

const LONGEST = 500;

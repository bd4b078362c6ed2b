/** Reads why scancel did not cancel a job. */
import type { CancelObjection } from "../../scheduler/answers.js";
import type { ExecResult } from "../../system/processes/exec.js";

export const objectionOf = (id: string, answer: ExecResult): CancelObjection | undefined => {
  const message = messageAbout(id, answer);
  if (message === undefined) return undefined;
  if (QUEUE_TELLS.test(message)) return { message, is: "queue_tells" };
  return { message, is: answer.problem !== undefined || FINAL.test(message) ? "final" : "again" };
};

const FINAL = /permission denied|not permitted/i;

/** The job has just ended, or is about to. */
const QUEUE_TELLS = /already completing or completed|Invalid job id/i;

/** What scancel says about a job: the line with its id or, if no line has an id, the last line. */
export const messageAbout = (id: string, { status, stderr, problem }: ExecResult): string | undefined => {
  if (problem !== undefined) return problem === "ENOENT" ? "there is no scancel here" : `scancel: ${problem}`;
  if (status === 0) return undefined;
  const lines = stderr.split("\n").map((line) => line.replace(/^scancel: (error: )?/, "").trim());
  const named = lines.filter((line) => NAMED.test(line));
  const own = named.find((line) => NAMED.exec(line)?.[1] === id);
  if (named.length > 0) return own;
  return lines.filter((line) => line !== "").at(-1) ?? `scancel ended with exit status ${String(status)}`;
};

const NAMED = /\bjob ?id[ =](\d+)/i;

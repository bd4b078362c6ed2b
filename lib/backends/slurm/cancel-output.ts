/** What scancel says against a job. */
import type { CancelObjection } from "../../scheduler/answers.js";
import type { ExecResult } from "../../system/processes/exec.js";

export const objectionOf = (id: string, answer: ExecResult): CancelObjection | undefined => {
  const message = objectionTo(id, answer);
  if (message === undefined) return undefined;
  if (PASSING.test(message)) return { message, is: "passing" };
  return { message, is: answer.problem !== undefined || FINAL.test(message) ? "final" : "again" };
};

const FINAL = /permission denied|not permitted/i;

/** The job has just ended, or is about to. */
const PASSING = /already completing or completed|Invalid job id/i;

/** The line with the job's id, or, where no line has an id, the last one. */
export const objectionTo = (id: string, { status, stderr, problem }: ExecResult): string | undefined => {
  if (problem !== undefined) return problem === "ENOENT" ? "there is no scancel here" : `scancel: ${problem}`;
  if (status === 0) return undefined;
  const lines = stderr.split("\n").map((line) => line.replace(/^scancel: (error: )?/, "").trim());
  const named = lines.filter((line) => NAMED.test(line));
  const own = named.find((line) => NAMED.exec(line)?.[1] === id);
  if (named.length > 0) return own;
  return lines.filter((line) => line !== "").at(-1) ?? `scancel ended with exit status ${String(status)}`;
};

const NAMED = /\bjob ?id[ =](\d+)/i;

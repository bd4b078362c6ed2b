/** Reads why qdel did not cancel a job: one line for each job, on standard output. */
import type { CancelObjection } from "../../scheduler/answers.js";
import type { ExecResult } from "../../system/processes/exec.js";

export const qdelObjection = (id: string, answer: ExecResult): CancelObjection | undefined => {
  const { status, stdout, stderr, problem } = answer;
  if (problem === "ENOENT") return { message: "there is no qdel here", is: "final" };
  if (problem !== undefined) return { message: `qdel: ${problem}`, is: "again" };
  const lines = `${stderr}\n${stdout}`.split("\n").map((line) => line.trim());
  const own = lines.filter((line) => NAMED.exec(line)?.[1] === id);
  const message = own.find((line) => !ACCEPTED.test(line));
  if (message !== undefined) return { message, is: ANSWERS.find(([, text]) => text.test(message))?.[0] ?? "again" };
  if (own.length > 0 || status === 0) return undefined;
  const last = lines.filter((line) => line !== "").at(-1);
  return { message: last ?? `qdel ended with exit status ${String(status)}`, is: "again" };
};

/** `job 12`, `job "12"`, `job-array task 12.3`, `job-array tasks 1-3:1 of job 12`. */
const NAMED = /\b(?:job|task) "?(\d+)(?:\.\d+)?"?/;

/**
 * qdel has accepted the request, and so the line is no objection. `unable to sync state`: the job's host does not answer
 * now, and qmaster tells it later.
 */
const ACCEPTED = /has (registered|deleted) |is already in deletion|unable to sync state with remote execd/;

const ANSWERS: readonly (readonly [is: CancelObjection["is"], text: RegExp])[] = [
  ["queue_tells", /^denied: job ".*" does not exist/],
  ["final", /do not have the necessary privileges/],
];

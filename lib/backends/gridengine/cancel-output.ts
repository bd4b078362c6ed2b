/** What qdel says against a job: a line a job, on standard output. */
import type { CancelObjection } from "../../scheduler/answers.js";
import type { ExecResult } from "../../system/processes/exec.js";

export const qdelObjection = (id: string, answer: ExecResult): CancelObjection | undefined => {
  const { status, stdout, stderr, problem } = answer;
  if (problem === "ENOENT") return { message: "there is no qdel here", is: "final" };
  if (problem !== undefined) return { message: `qdel: ${problem}`, is: "again" };
  const lines = `${stderr}\n${stdout}`.split("\n").map((line) => line.trim());
  const own = lines.filter((line) => NAMED.exec(line)?.[1] === id);
  const message = own.find((line) => !TAKEN.test(line));
  if (message !== undefined) return { message, is: ANSWERS.find(([, text]) => text.test(message))?.[0] ?? "again" };
  if (own.length > 0 || status === 0) return undefined;
  const last = lines.filter((line) => line !== "").at(-1);
  return { message: last ?? `qdel ended with exit status ${String(status)}`, is: "again" };
};

/** `job 12`, `job "12"`, `job-array task 12.3`, `job-array tasks 1-3:1 of job 12`. */
const NAMED = /\b(?:job|task) "?(\d+)(?:\.\d+)?"?/;

/** Its host does not answer: it will be told once it does. */
const TAKEN = /has (registered|deleted) |is already in deletion|unable to sync state with remote execd/;

const ANSWERS: readonly (readonly [is: CancelObjection["is"], text: RegExp])[] = [
  ["passing", /^denied: job ".*" does not exist/],
  ["final", /do not have the necessary privileges/],
];

/** scancel: how many jobs are told of in one command, and what it says against them. */
import type { ExecResult } from "../../system/processes/exec.js";

/** What scancel says against a job: a line with its id, or, where no line has an id, the last one. */
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

/** What is left of each sbatch in the directory of its job: who has begun it, what it has said, and how it ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { classify, type SubmitAnswer } from "../../backends/slurm/submit-output.js";
import type { Ending } from "../../events/failure.js";
import { traceOf } from "../../system/processes/claims.js";

/** sbatch tries again by itself for two minutes (sbatch.c); what takes that much longer hangs. */
export const HANGING_S = 600;

export interface AttemptFiles {
  readonly claim: string;
  readonly output: string;
  readonly errors: string;
}

/** Tries are numbered from 1. */
export const attemptFiles = (directory: string, number: number): AttemptFiles => {
  const file = (name: string) => join(directory, `${name}.${number}`);
  return { claim: file("sbatch"), output: file("out"), errors: file("err") };
};

export const answerOf = ({ output, errors }: AttemptFiles, { status, signal }: Ending): SubmitAnswer =>
  classify({ status, signal, stdout: readIfAny(output), stderr: readIfAny(errors) });

const readIfAny = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** How an sbatch ended of which nobody knows it. */
export const UNKNOWN: Ending = { status: null, signal: "unknown" };

/** The last that is known of the tries by now; nothing is waited for, and nothing is kept from being tried. */
export const lastAnswer = (directory: string, boot: string): SubmitAnswer | "at work" | "untried" => {
  for (let number = 1; ; number += 1) {
    const files = attemptFiles(directory, number);
    const trace = traceOf(files.claim, boot);
    if (trace.is === "absent") return "untried";
    const answer = answerOf(files, trace.is === "ended" ? trace : UNKNOWN);
    if (answer.is === "accepted") return answer;
    if (trace.is === "running") return "at work";
    if (answer.is === "unclear") return answer;
  }
};

/** What each attempt to submit a job leaves in the job's directory: its claim, its output, how it ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Ending } from "../../events/failure.js";
import { traceOf } from "../../system/processes/claims.js";
import type { SubmitAnswer } from "../answers.js";
import type { Dialect } from "../dialect.js";

/** Submit programs retry by themselves for up to two minutes; one that takes that much longer hangs. */
export const HANGING_S = 600;

export interface AttemptFiles {
  readonly claim: string;
  readonly output: string;
  readonly errors: string;
}

type SubmitWords = Pick<Dialect, "programs" | "submitAnswer">;

/** The files of one attempt. Attempts are numbered from 1. */
export const attemptFiles = ({ programs }: SubmitWords, directory: string, number: number): AttemptFiles => {
  const file = (name: string) => join(directory, `${name}.${number}`);
  return { claim: file(programs.submit), output: file("out"), errors: file("err") };
};

export const answerOf = (
  { submitAnswer }: SubmitWords,
  { output, errors }: AttemptFiles,
  { status, signal }: Ending,
): SubmitAnswer => submitAnswer({ status, signal, stdout: readIfAny(output), stderr: readIfAny(errors) });

const readIfAny = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** How an attempt ended whose end the program did not see. */
export const UNKNOWN: Ending = { status: null, signal: "unknown" };

/** The last that is known of the attempts by now. Waits for nothing, and keeps no attempt from being made. */
export const lastAnswer = (
  words: SubmitWords,
  directory: string,
  boot: string,
): SubmitAnswer | "running" | "untried" => {
  for (let number = 1; ; number += 1) {
    const files = attemptFiles(words, directory, number);
    const trace = traceOf(files.claim, boot);
    if (trace.is === "absent") return "untried";
    const answer = answerOf(words, files, trace.is === "ended" ? trace : UNKNOWN);
    if (answer.is === "accepted") return answer;
    if (trace.is === "running") return "running";
    if (answer.is === "unclear") return answer;
  }
};

/** What is left of each sbatch in the directory of its job: who has begun it, what it has said, and how it ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { classify, type Said } from "../../backends/slurm/submit-output.js";
import type { Ending } from "../../events/failure.js";
import { traceOf } from "../../system/processes/claims.js";

/** sbatch tries again by itself for two minutes (sbatch.c); what takes that much longer hangs. */
export const HANGING_S = 600;

export interface Files {
  readonly claim: string;
  readonly output: string;
  readonly errors: string;
}

/** Tries are numbered from 1. */
export const filesIn = (directory: string, number: number): Files => {
  const file = (name: string) => join(directory, `${name}.${number}`);
  return { claim: file("sbatch"), output: file("out"), errors: file("err") };
};

export const saidIn = ({ output, errors }: Files, { status, signal }: Ending): Said =>
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
export const heardIn = (directory: string, boot: string): Said | "at work" | "untried" => {
  for (let number = 1; ; number += 1) {
    const files = filesIn(directory, number);
    const trace = traceOf(files.claim, boot);
    if (trace.is === "absent") return "untried";
    const said = saidIn(files, trace.is === "ended" ? trace : UNKNOWN);
    if (said.is === "accepted") return said;
    if (trace.is === "running") return "at work";
    if (said.is === "unclear") return said;
  }
};

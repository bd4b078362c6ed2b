/** One thing that `model_ensemble_check` looks at, and how programs are asked for it. */
import { lastValueFrom, map, type Observable, race, timer } from "rxjs";
import { type Environment, exec } from "../../system/processes/exec.js";

export interface ProbeResult {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what to do about it. */
  readonly detail: string;
  /** Only some ensembles need it: the backend can be used without. */
  readonly optional?: true;
}

export type ProbeOutcome = Omit<ProbeResult, "what">;

export interface ProgramProbe {
  readonly words: readonly string[];
  /** What it is needed for, or what to do where it is missing. */
  readonly need: string;
  /** Why it may not answer; otherwise the need is told there too. */
  readonly hangs?: string;
  readonly environment?: Environment;
}

/** Whether a program is there and works, by what it says of its version. */
export const probeProgram = async (
  what: string,
  { words, need, hangs = need, environment }: ProgramProbe,
): Promise<ProbeResult> => {
  const version$ = exec(what, words, environment).pipe(
    map((answer): ProbeOutcome => {
      const { status, stdout, stderr, problem } = answer;
      const [first = ""] = (stdout.trim() || stderr.trim()).split("\n");
      if (status === 0) return { ok: true, detail: first.trim() };
      if (problem === "ENOENT") return { ok: false, detail: `not there; ${need}` };
      return { ok: false, detail: `${problem ?? `it fails: ${first.trim()}`}; ${need}` };
    }),
  );
  return { what, ...(await inTime(version$, `no answer in ${PATIENCE_S} s; ${hangs}`)) };
};

const PATIENCE_S = 5;

/** What is found, if it is before patience is at its end. */
export const inTime = (
  found$: Observable<ProbeOutcome>,
  late: string,
  patience_s = PATIENCE_S,
): Promise<ProbeOutcome> => {
  const missed: ProbeOutcome = { ok: false, detail: late };
  return lastValueFrom(race(found$, timer(patience_s * 1000).pipe(map(() => missed))), { defaultValue: missed });
};

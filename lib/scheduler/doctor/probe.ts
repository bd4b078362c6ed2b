/** One thing that `model_ensemble_check` looks at, and how it asks a program. */
import { lastValueFrom, map, type Observable, race, timer } from "rxjs";
import { type Environment, type ExecResult, exec } from "../../system/processes/exec.js";

export interface ProbeResult {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what to do about it. */
  readonly detail: string;
  /** Only some ensembles need it: the backend works without. */
  readonly optional?: true;
}

export type ProbeOutcome = Omit<ProbeResult, "what">;

export interface ProgramProbe {
  readonly words: readonly string[];
  /** What the program is needed for, or what to do where it is missing. */
  readonly need: string;
  /** Why the program may not answer; without it, the need is shown there too. */
  readonly hangs?: string;
  readonly environment?: Environment;
  /** The exit statuses of a program that works; by default 0. */
  readonly works?: (status: number | null) => boolean;
}

/** Whether a program is there and works, by its answer. */
export const probeProgram = async (
  what: string,
  { words, need, hangs = need, environment, works = (status) => status === 0 }: ProgramProbe,
): Promise<ProbeResult> => {
  const answer$ = exec(what, words, environment).pipe(
    map((answer): ProbeOutcome => {
      const { status, stdout, stderr, problem } = answer;
      const [first = ""] = (stdout.trim() || stderr.trim()).split("\n");
      if (problem === undefined && works(status)) return { ok: true, detail: first.trim() };
      if (problem === "ENOENT") return { ok: false, detail: `not there; ${need}` };
      return { ok: false, detail: `${problem ?? `it fails: ${first.trim()}`}; ${need}` };
    }),
  );
  return { what, ...(await inTime(answer$, `no answer in ${PATIENCE_S} s; ${hangs}`)) };
};

const PATIENCE_S = 5;

/** The outcome, if it comes before patience ends. */
export const inTime = (
  outcome$: Observable<ProbeOutcome>,
  late: string,
  patience_s = PATIENCE_S,
): Promise<ProbeOutcome> => {
  const missed: ProbeOutcome = { ok: false, detail: late };
  return lastValueFrom(race(outcome$, timer(patience_s * 1000).pipe(map(() => missed))), { defaultValue: missed });
};

/** Asks programs in that environment. A program that does not answer in time has a `problem`. */
export const asking =
  (environment: Environment, patience_s: number) =>
  (file: string, words: readonly string[]): Promise<ExecResult> => {
    const late: ExecResult = { status: null, stdout: "", stderr: "", problem: `no answer in ${patience_s} s` };
    const answer$: Observable<ExecResult> = exec(file, words, environment);
    return lastValueFrom(race(answer$, timer(patience_s * 1000).pipe(map(() => late))), { defaultValue: late });
  };

/** The first parts, and how many more there are. */
export const listed = (parts: readonly string[]): string =>
  parts.length <= MANY ? parts.join(", ") : `${parts.slice(0, MANY).join(", ")} and ${parts.length - MANY} more`;

const MANY = 8;

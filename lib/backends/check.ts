/** What `model_ensemble_check` looks at: whether this machine has what a backend and the tasks need. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catchError, EMPTY, filter, lastValueFrom, map, type Observable, of, race, switchMap, timer } from "rxjs";
import { explain } from "../failure.js";
import { DEFAULTS } from "../plan.js";
import { ask } from "../world/ask.js";
import { messageOf } from "../world/errors.js";
import { spawn } from "../world/shell.js";
import { dummy } from "./dummy.js";

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what to do about it. */
  readonly detail: string;
  /** Only some ensembles need it: the backend can be used without. */
  readonly optional?: true;
}

/** Looks, and leaves nothing behind. No program is waited for longer than 5 s. */
export const checkBackend = async (backend: "dummy" | "slurm"): Promise<readonly Finding[]> => [
  node(),
  await shell(),
  await aJob(),
  { ...(await tool("rsync", ["--version"], "`move` tasks need it; install the package rsync")), optional: true },
  { ...(await tool("quota", ["--version"], "`quota` tasks need it; install the package quota")), optional: true },
  ...(backend === "slurm" ? await slurm() : []),
];

const node = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    what: "Node.js",
    ok,
    detail: ok ? process.version : `20.19 or newer is needed, and this is ${process.version}`,
  };
};

/** What commands run in, if nothing else is said. */
const shell = async (): Promise<Finding> => {
  const { what, ok, detail } = await tool(
    DEFAULTS.shell,
    ["--version"],
    "commands run in it; name another with --shell",
  );
  return { what, ok, detail };
};

const tool = async (what: string, words: readonly string[], need: string): Promise<Finding> => {
  const version$ = ask(what, words).pipe(
    map(({ status, stdout, stderr, problem }): Found => {
      const [first = ""] = (stdout.trim() || stderr.trim()).split("\n");
      if (status === 0) return { ok: true, detail: first.trim() };
      if (problem === "ENOENT") return { ok: false, detail: `not there; ${need}` };
      return { ok: false, detail: `${problem ?? `it fails: ${first.trim()}`}; ${need}` };
    }),
  );
  return { what, ...(await inTime(version$, `no answer in ${PATIENCE_MS / 1000} s; ${need}`)) };
};

const PATIENCE_MS = 5000;

type Found = Omit<Finding, "what">;

/** What is found, if it is before patience is at its end. */
const inTime = (found$: Observable<Found>, late: string): Promise<Found> => {
  const missed = { ok: false, detail: late };
  return lastValueFrom(race(found$, timer(PATIENCE_MS).pipe(map(() => missed))), { defaultValue: missed });
};

/** A job that does nothing goes all the way through the dummy backend, in the place for temporary files. */
const aJob = async (): Promise<Finding> => {
  const what = "a job on this machine";
  try {
    const directory = mkdtempSync(join(tmpdir(), "model-ensembler-check-"));
    try {
      writeFileSync(join(directory, "job.sh"), "#!/bin/sh\nexit 0\n");
      chmodSync(join(directory, "job.sh"), 0o700);
      return { what, ...(await outcome(directory)) };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } catch (error) {
    return {
      what,
      ok: false,
      detail: `${tmpdir()} takes no files: ${messageOf(error)}; TMPDIR may name another directory`,
    };
  }
};

const outcome = (directory: string): Promise<Found> => {
  const backend = dummy({ spawn });
  const request = { name: "check", script: "job.sh", directory, watched: true, token: "check", guard: false };
  const found$ = backend.submit$(request).pipe(
    switchMap((handover) => ("job" in handover ? backend.watch$(handover.job) : EMPTY)),
    filter((report) => report.state === "ended"),
    map(({ failure }) => (failure === undefined ? undefined : explain(failure))),
    catchError((error: unknown) => of(messageOf(error))),
    map((problem) => ({ ok: problem === undefined, detail: problem ?? "started, ended, and seen to end" })),
  );
  return inTime(found$, "it does not end");
};

/** The programs of Slurm. Handing jobs to it is not part of this version. */
const slurm = async (): Promise<readonly Finding[]> => [
  await tool("sbatch", ["--version"], "load your site's module, or log in where Slurm is"),
  await tool("squeue", ["--version"], "it comes with Slurm"),
  await tool("sacct", ["--version"], "it comes with Slurm"),
  {
    what: "jobs to Slurm",
    ok: false,
    detail: "not part of this version yet; the backend `dummy` runs jobs on this machine",
  },
];

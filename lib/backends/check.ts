/** What `model_ensemble_check` looks at: whether this machine has what a backend and the tasks need. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catchError, firstValueFrom, last, of, switchMap } from "rxjs";
import type { JobReport } from "../effects.js";
import { explain } from "../failure.js";
import { messageOf } from "../world/errors.js";
import { firstLine } from "../world/probe.js";
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

/** Looks. It leaves nothing behind. */
export const checkBackend = async (backend: "dummy" | "slurm"): Promise<readonly Finding[]> => [
  { what: "Node.js", ok: true, detail: process.version },
  await shell(),
  { ...(await tool("rsync", ["--version"], "needed by `move` tasks; install the package rsync")), optional: true },
  { ...(await tool("quota", ["--version"], "needed by `quota` tasks; install the package quota")), optional: true },
  ...(backend === "dummy" ? [await job()] : await slurm()),
];

const shell = async (): Promise<Finding> => {
  const line = await firstLine("/bin/bash", ["--version"]);
  if (line !== undefined) return { what: "/bin/bash", ok: true, detail: line };
  return { what: "/bin/bash", ok: false, detail: "commands run in it; name another shell with --shell" };
};

const tool = async (name: string, words: readonly string[], need: string): Promise<Finding> => {
  const line = await firstLine(name, words);
  return { what: name, ok: line !== undefined, detail: line ?? need };
};

/** A job that does nothing goes all the way through the dummy backend. */
const job = async (): Promise<Finding> => {
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
    return { what, ok: false, detail: `${tmpdir()}: ${messageOf(error)}` };
  }
};

const outcome = (directory: string): Promise<Omit<Finding, "what">> => {
  const backend = dummy({ spawn });
  const report$ = backend.submit$({ name: "check", script: "job.sh", directory }).pipe(
    switchMap((id) => backend.watch$(id)),
    last(),
    catchError((error: unknown) => {
      const failure = { reason: "job", cause: "not_started", message: messageOf(error) } as const;
      return of<JobReport>({ state: "ended", failure });
    }),
  );
  return firstValueFrom(report$).then((report) =>
    report.state === "ended" && report.failure === undefined
      ? { ok: true, detail: "started, ended, and seen to end" }
      : { ok: false, detail: report.state === "ended" && report.failure ? explain(report.failure) : "not seen to end" },
  );
};

/** The programs of Slurm. Handing jobs to it is not part of this version. */
const slurm = async (): Promise<readonly Finding[]> => [
  await tool("sbatch", ["--version"], "not on PATH; load your site's module, or log in where Slurm is"),
  await tool("squeue", ["--version"], "not on PATH"),
  await tool("sacct", ["--version"], "not on PATH"),
  {
    what: "jobs to Slurm",
    ok: false,
    detail: "not part of this version yet; the backend `dummy` runs jobs on this machine",
  },
];

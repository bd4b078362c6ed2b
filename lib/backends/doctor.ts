/** What `model_ensemble_check` checks: whether this machine has what a backend and the tasks need. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catchError, EMPTY, filter, map, of, switchMap } from "rxjs";
import { explain } from "../events/failure.js";
import { DEFAULTS } from "../plan/settings.js";
import { inTime, type ProbeOutcome, type ProbeResult, probeProgram } from "../scheduler/doctor/probe.js";
import { messageOf } from "../system/files/errno.js";
import { spawn } from "../system/processes/spawn.js";
import { temporaryDirectory } from "../system/scratch.js";
import { dummy } from "./dummy.js";
import type { BackendModule } from "./module.js";
import type { BackendName } from "./names.js";
import { probeBackend } from "./registry.js";

/**
 * Leaves nothing behind. A scheduler gets a trial job in `directory`, which its nodes must see; the check waits at most
 * `patience_s` seconds for the job.
 */
export const checkBackend = async (
  backend: BackendName | BackendModule,
  { directory = process.cwd(), patience_s = 60 }: { readonly directory?: string; readonly patience_s?: number } = {},
): Promise<readonly ProbeResult[]> => [
  node(),
  await shell(),
  await aJob(),
  { ...(await version("rsync", "`move` tasks need it; install the package rsync")), optional: true },
  { ...(await version("quota", "`quota` tasks need it; install the package quota")), optional: true },
  ...(await probeBackend(backend, directory, patience_s)),
];

const node = (): ProbeResult => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    what: "Node.js",
    ok,
    detail: ok ? process.version : `20.19 or newer is needed, and this is ${process.version}`,
  };
};

/** The shell in which commands run by default. */
const shell = (): Promise<ProbeResult> => version(DEFAULTS.shell, "commands run in it; name another with --shell");

const version = (what: string, need: string): Promise<ProbeResult> =>
  probeProgram(what, { words: ["--version"], need });

/** A job that does nothing goes all the way through the dummy backend, in the directory for temporary files. */
const aJob = async (): Promise<ProbeResult> => {
  const what = "a job on this machine";
  try {
    const directory = mkdtempSync(join(temporaryDirectory(), "model-ensembler-check-"));
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
      detail: `no file can be made in ${temporaryDirectory()}: ${messageOf(error)}; set TMPDIR to another directory`,
    };
  }
};

const outcome = (directory: string): Promise<ProbeOutcome> => {
  const backend = dummy({ spawn });
  const request = { name: "check", script: "job.sh", directory, watched: true, token: "check", guard: false };
  const found$ = backend.submit$(request).pipe(
    switchMap((handover) => ("job" in handover ? backend.watch$(handover.job) : EMPTY)),
    filter((report) => report.state === "ended"),
    map(({ failure }) => (failure === undefined ? undefined : explain(failure))),
    catchError((error: unknown) => of(messageOf(error))),
    map((problem) => ({ ok: problem === undefined, detail: problem ?? "it started and ended, and its end was seen" })),
  );
  return inTime(found$, "the job does not end");
};

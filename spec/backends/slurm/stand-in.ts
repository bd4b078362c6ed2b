/**
 * A Slurm in virtual time, for what cannot be provoked in a real one, or takes it hours: what its programs say is up to
 * the spec, at every second; where they leave a trace, it is in real files.
 */
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asyncScheduler,
  concat,
  defer,
  EMPTY,
  map,
  NEVER,
  type Observable,
  of,
  takeUntil,
  throwError,
  timer,
} from "rxjs";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import { SEPARATOR } from "../../../lib/backends/slurm/queue-output.js";
import type { Backend, Handover, JobReport, JobRequest } from "../../../lib/effects/backend.js";
import type { Spawn } from "../../../lib/effects/process.js";
import { Abandon, type Failure } from "../../../lib/events/failure.js";
import { openJobDirectories } from "../../../lib/scheduler/jobs/directory.js";
import { scheduler } from "../../../lib/scheduler/scheduler.js";
import { type Claims, openClaims } from "../../../lib/system/processes/claims.js";
import type { Exec, ExecResult } from "../../../lib/system/processes/exec.js";
import { directoryWith } from "../../support/program.js";
import { hear, virtual } from "../../support/virtual.js";

/** A job as the queue shows it. */
export interface Job {
  id: string;
  raw?: string;
  state: string;
  reason?: string;
  submitted?: string;
  name?: string;
  comment: string;
}

/** What one sbatch does: by default it gives an id at once, and its job is pending. */
export interface Sbatch {
  readonly takes_s?: number;
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Its output is there from the beginning, as of one that waits for its job. */
  readonly early?: true;
  /** It cannot be begun: there is no room to write down that it is. */
  readonly full?: true;
  /** Its job is in the queue so many seconds after it began; never by default where it says what to print. */
  readonly lands_s?: number;
}

export interface Account {
  readonly id: string;
  readonly state: string;
  readonly exit?: string;
  readonly submitted?: string;
  readonly comment?: string;
  readonly line?: string;
}

export const TIME = "2026-01-01T00:00:00";

export const ok = (stdout = ""): ExecResult => ({ status: 0, stdout, stderr: "" });
export const no = (stderr: string): ExecResult => ({ status: 1, stdout: "", stderr });

export const OFF = no("Slurm accounting storage is disabled\n");

const FULL: Failure = { reason: "storage", path: "sbatch.1", code: "ENOSPC", message: "the file system is full" };

const PYTHON = "#!/usr/bin/env python3\n";

export interface World {
  /** What the next sbatch does; the first is number 1. */
  sbatch: (number: number) => Sbatch;
  /** What squeue says instead of what is in the queue; undefined: it never ends. */
  squeue: (words: readonly string[]) => ExecResult | "queue" | undefined;
  sacct: (words: readonly string[]) => ExecResult | undefined;
  scontrol: () => ExecResult | undefined;
  readonly jobs: Job[];
  /** When each program was asked, in seconds, and what sacct was asked. */
  readonly asked: { readonly squeue: number[]; readonly sbatch: number[]; readonly sacct: (readonly string[])[] };
  readonly backend: Backend;
  readonly claims: Claims;
  /** What was told, in which second. */
  readonly told: string[];
  request(over?: Partial<JobRequest>): JobRequest;
  at(seconds: number, act: () => void): void;
  hear(stream: Observable<Handover | JobReport>): void;
  /** Hands over, and watches what comes of it. */
  play(request?: JobRequest, watched?: Backend): void;
  /** What the guard of a job leaves behind. */
  begin(token: string, id: string): void;
  end(token: string, id: string, status: number, signalled?: "signalled"): void;
}

export const accountRows = (...rows: readonly Account[]): ExecResult =>
  ok(
    rows
      .map(({ id, state, exit = "0:0", submitted = TIME, comment = "", line = "" }) =>
        [id, id.replace(/_.*/, ""), state, exit, submitted, comment, line].join(SEPARATOR),
      )
      .map((row) => `${row}\n`)
      .join(""),
  );

export const config = (more: Readonly<Record<string, string>> = {}): ExecResult =>
  ok(
    Object.entries({ ClusterName: "here", MessageTimeout: "10 sec", MinJobAge: "300 sec", ...more })
      .map(([name, value]) => `${name.padEnd(24)}= ${value}\n`)
      .join(""),
  );

/** Plays in a Slurm for so many seconds. `settings` are the defaults: a look a minute, 20 s after a job was handed over. */
export const played = (seconds: number, act: (world: World) => void): World => {
  const directory = directoryWith({ "run/job.sh": "#!/bin/sh\nexit 0\n", "run/job.py": PYTHON });
  const claims = openClaims(join(directory, "claims"));
  let world: World | undefined;
  virtual().run(({ flush }) => {
    const end$ = timer(seconds * 1000);
    const now = () => Math.round(asyncScheduler.now() / 1000);
    const jobs: Job[] = [];
    const asked: World["asked"] = { squeue: [], sbatch: [], sacct: [] };
    const told: string[] = [];

    const rowOf = ({ id, raw, state, reason = "None", submitted = TIME, name = "tst-0", comment }: Job) =>
      `${[id, raw ?? id.replace(/[_+].*/, ""), state, submitted, reason, name, comment].join(SEPARATOR)}\n`;

    const exec: Exec = (file, words) =>
      defer((): Observable<ExecResult> => {
        if (file === "squeue") asked.squeue.push(now());
        if (file === "sacct") asked.sacct.push(words);
        const { squeue, sacct, scontrol } = made;
        const answer = file === "squeue" ? squeue(words) : file === "sacct" ? sacct(words) : scontrol();
        if (answer === undefined) return NEVER;
        // The queue is of the moment in which it is asked.
        return of(answer === "queue" ? ok(jobs.map(rowOf).join("")) : answer);
      });

    const spawn: Spawn = ({ arguments: words, output, errors = output, claim }) =>
      defer(() => {
        asked.sbatch.push(now());
        const number = asked.sbatch.length;
        const how = made.sbatch(number);
        if (how.full) return throwError(() => new Abandon(FULL));
        const id = String(100 + number);
        const { takes_s = 0, status = 0, stdout = `${id}\n`, stderr = "", early = false } = how;
        const { lands_s = how.stdout === undefined && status === 0 ? 0 : undefined } = how;
        const comment = words.find((word) => word.startsWith("--comment="))?.slice("--comment=".length) ?? "";
        if (lands_s !== undefined) at(lands_s, () => void jobs.push({ id, state: "PENDING", comment }));
        const write = () => {
          appendFileSync(output, stdout);
          appendFileSync(errors, stderr);
        };
        if (claim !== undefined) writeFileSync(claim, "0 nowhere -\n");
        if (early) write();
        return concat(
          of({ type: "started", pid: 1 } as const),
          timer(takes_s * 1000).pipe(
            map(() => {
              if (!early) write();
              return { type: "ended", status, signal: null } as const;
            }),
          ),
        );
      });

    const at: World["at"] = (delay, action) => void hear(timer(delay * 1000).pipe(takeUntil(end$)), action);
    const settings = { submit_timeout: 20, running_timeout: 60, error_timeout: 120 };
    const backend = scheduler(SLURM, { spawn, exec, settings, claims, scratch: directory });
    const placeOf = (token: string) => join(directory, "claims", markOf({ claims }, token));
    let number = 0;
    const made: World = {
      sbatch: () => ({}),
      squeue: () => "queue",
      sacct: () => OFF,
      scontrol: () => config(),
      ...{ jobs, asked, backend, claims, told, at },
      request: (over = {}) => ({
        ...{ name: "tst-0", script: "job.sh", directory: join(directory, "run"), watched: true, guard: true },
        ...{ token: `1.job-${++number}`, ...over },
      }),
      hear: (stream) =>
        void stream.pipe(takeUntil(end$)).subscribe({
          next: (value) => told.push(`${now()} ${wordsOf(value)}`),
          error: (error: unknown) => told.push(`${now()} ${failureOf(error)}`),
        }),
      play: (request = made.request(), handed = backend) =>
        made.hear(
          defer(() => {
            let job: string | undefined;
            return concat(
              handed.submit$(request).pipe(
                map((handover) => {
                  if ("job" in handover) job = handover.job;
                  return handover;
                }),
              ),
              defer((): Observable<JobReport> => (job === undefined ? EMPTY : handed.watch$(job))),
            );
          }),
        ),
      begin: (token, id) => {
        mkdirSync(placeOf(token), { recursive: true });
        symlinkSync(`${id} here 0 n1 7`, join(placeOf(token), "claim"));
      },
      end: (token, id, status, signalled) =>
        writeFileSync(
          join(placeOf(token), "ended"),
          `ended ${status} ${id} here 0 n1 7${signalled === undefined ? "" : ` ${signalled}`}\n`,
        ),
    };
    world = made;
    const notices$ = (backend.notice$ ?? EMPTY).pipe(takeUntil(end$));
    hear(notices$, ({ type }) => {
      if (type !== "backend.noted") told.push(`${now()} ${type}`);
    });
    act(made);
    flush();
  });
  if (world === undefined) throw new Error("nothing was played");
  return world;
};

/** The mark under which a token is known, as the first job that is handed over makes it. */
export const markOf = ({ claims }: Pick<World, "claims">, token: string): string =>
  openJobDirectories(SLURM, claims, claims.path(".")).mark(token);

const wordsOf = (value: Handover | JobReport): string => {
  if ("job" in value) return `job ${value.job}`;
  if ("waiting" in value) return "waits";
  if (value.state === "ended") return value.failure === undefined ? "succeeded" : causeOf(value.failure);
  return value.state;
};

const causeOf = (failure: Failure): string => {
  if (failure.reason !== "job") return failure.reason;
  const { cause, status, signal } = failure;
  return [cause, status, signal].filter((part) => part != null).join(" ");
};

const failureOf = (error: unknown): string => {
  if (!(error instanceof Abandon)) throw error as Error;
  return causeOf(error.failure);
};

export interface Story {
  readonly script?: string;
  readonly seconds?: number;
  readonly account?: Account;
}

/** One that was handed over: what happens to it, and what is told of it. */
export const story = (
  act: (world: World, job: () => Job) => void,
  { script = "job.sh", seconds = 3000, account }: Story = {},
) =>
  played(seconds, (world) => {
    world.play(world.request({ script }));
    if (account !== undefined) {
      const line = `sbatch --comment=me:${markOf(world, "1.job-1")} job.sh`;
      world.sacct = () => accountRows({ line, ...account });
    }
    act(world, () => {
      const [job] = world.jobs;
      if (job === undefined) throw new Error("there is no job");
      return job;
    });
  });

/** Nobody has it any more. */
export const gone = (world: World, at = 100) => world.at(at, () => world.jobs.splice(0));

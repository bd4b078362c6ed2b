/**
 * A Slurm in virtual time, for what a real one cannot be made to do, or takes hours to do. A spec decides what its
 * programs print at every second; the traces that jobs leave are real files.
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
import { SLURM } from "../../lib/backends/slurm/dialect.js";
import type { Backend, Handover, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { Spawn } from "../../lib/effects/process.js";
import { Abandon, type Failure } from "../../lib/events/failure.js";
import type { Dialect } from "../../lib/scheduler/dialect.js";
import { openJobDirectories } from "../../lib/scheduler/jobs/directory.js";
import { scheduler } from "../../lib/scheduler/scheduler.js";
import { type Claims, openClaims } from "../../lib/system/processes/claims.js";
import type { Exec, ExecResult } from "../../lib/system/processes/exec.js";
import { directoryWith } from "../support/program.js";
import { subscribe, virtual } from "../support/virtual.js";
import { ACCOUNTING_DISABLED, prints, type QueuedJob, queueAnswer, siteAnswer } from "./slurm-answers.js";

/** What one sbatch does: by default it prints an id at once, and its job is pending. */
export interface SbatchRun {
  readonly takes_s?: number;
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** It prints at its start and not at its end, as with `--wait`. */
  readonly printsEarly?: true;
  /** It cannot be started: the disk has no room for the record of its start. */
  readonly diskFull?: true;
  /** Its job is in the queue so many seconds after its start; by default never where it fails or prints anything else. */
  readonly queued_after_s?: number;
}

export interface VirtualSlurm {
  /** What the next sbatch does; the first is number 1. */
  sbatch: (number: number) => SbatchRun;
  /** What squeue answers; `queue` stands for the jobs of the queue, undefined for an squeue that never ends. */
  squeue: (words: readonly string[]) => ExecResult | "queue" | undefined;
  sacct: (words: readonly string[]) => ExecResult | undefined;
  scontrol: () => ExecResult | undefined;
  scancel: (words: readonly string[]) => ExecResult | undefined;
  /** The jobs in the queue. */
  readonly jobs: QueuedJob[];
  /** In which second each program was run; the arguments of each sacct and scancel. */
  readonly runs: {
    readonly squeue: number[];
    readonly sbatch: number[];
    readonly sacct: (readonly string[])[];
    readonly scancel: (readonly string[])[];
  };
  /** Runs the programs. */
  readonly exec: Exec;
  readonly backend: Backend;
  readonly claims: Claims;
  /** What the backend reported, each with its second: `0 job 101`, `60 running`. */
  readonly reports: string[];
  /** The ends among the reports, in full. */
  readonly ends: JobEnd[];
  request(over?: Partial<JobRequest>): JobRequest;
  /** Acts in that second. */
  at(seconds: number, act: () => void): void;
  /** Subscribes, and adds what is emitted to the reports. */
  record(stream: Observable<Handover | JobReport>): void;
  /** The stream until the end of the simulation. */
  until<T>(stream: Observable<T>): Observable<T>;
  /** Submits a job, watches it, and records both. */
  submit(request?: JobRequest): void;
  /** Leaves the trace of a guard that has started the work. */
  guardStarts(token: string, id: string): void;
  /** Leaves the trace of a guard whose work has ended. */
  guardEnds(token: string, id: string, status: number, signalled?: "signalled"): void;
}

export type JobEnd = Extract<JobReport, { state: "ended" }>;

const SETTINGS = { submit_timeout: 20, running_timeout: 60, error_timeout: 120 };

const NO_SPACE: Failure = { reason: "storage", path: "sbatch.1", code: "ENOSPC", message: "the file system is full" };

/**
 * Simulates so many seconds of a Slurm, and of a program with default settings: it polls every minute, and 20 s after it
 * has submitted a job. `dialect`: Slurm's, in which a spec may change members.
 */
export const simulate = (
  seconds: number,
  act: (slurm: VirtualSlurm) => void,
  dialect: Dialect = SLURM,
): VirtualSlurm => {
  const directory = directoryWith({
    "run/job.sh": "#!/bin/sh\nexit 0\n",
    "run/job.py": "#!/usr/bin/env python3\n",
  });
  const claims = openClaims(join(directory, "claims"));
  let simulated: VirtualSlurm | undefined;
  virtual().run(({ flush }) => {
    const end$ = timer(seconds * 1000);
    const now = () => Math.round(asyncScheduler.now() / 1000);
    const jobs: QueuedJob[] = [];
    const runs: VirtualSlurm["runs"] = { squeue: [], sbatch: [], sacct: [], scancel: [] };
    const reports: string[] = [];
    const ends: JobEnd[] = [];

    const exec: Exec = (file, words) =>
      defer((): Observable<ExecResult> => {
        if (file === "squeue") runs.squeue.push(now());
        if (file === "sacct" || file === "scancel") runs[file].push(words);
        const answer = file === "scontrol" ? slurm.scontrol() : slurm[file as "squeue" | "sacct" | "scancel"](words);
        if (answer === undefined) return NEVER;
        return of(answer === "queue" ? queueAnswer(jobs) : answer);
      });

    const spawn: Spawn = ({ arguments: words, output, errors = output, claim }) =>
      defer(() => {
        runs.sbatch.push(now());
        const number = runs.sbatch.length;
        const run = slurm.sbatch(number);
        if (run.diskFull) return throwError(() => new Abandon(NO_SPACE));
        const id = String(100 + number);
        const { takes_s = 0, status = 0, stdout = `${id}\n`, stderr = "", printsEarly = false } = run;
        const { queued_after_s = run.stdout === undefined && status === 0 ? 0 : undefined } = run;
        const comment = words.find((word) => word.startsWith("--comment="))?.slice("--comment=".length) ?? "";
        if (queued_after_s !== undefined) at(queued_after_s, () => void jobs.push({ id, state: "PENDING", comment }));
        const print = () => {
          appendFileSync(output, stdout);
          appendFileSync(errors, stderr);
        };
        if (claim !== undefined) writeFileSync(claim, "0 nowhere -\n");
        if (printsEarly) print();
        return concat(
          of({ type: "started", pid: 1 } as const),
          timer(takes_s * 1000).pipe(
            map(() => {
              if (!printsEarly) print();
              return { type: "ended", status, signal: null } as const;
            }),
          ),
        );
      });

    const at: VirtualSlurm["at"] = (delay, action) => void subscribe(timer(delay * 1000).pipe(takeUntil(end$)), action);
    const backend = scheduler(dialect, { spawn, exec, settings: SETTINGS, claims, scratch: directory });
    const directoryOf = (token: string) => join(directory, "claims", markOf({ claims }, token));
    let number = 0;
    const slurm: VirtualSlurm = {
      sbatch: () => ({}),
      squeue: () => "queue",
      sacct: () => ACCOUNTING_DISABLED,
      scontrol: () => siteAnswer(),
      scancel: () => prints(),
      ...{ jobs, runs, exec, backend, claims, reports, ends, at },
      until: (stream) => stream.pipe(takeUntil(end$)),
      request: (over = {}) => ({
        ...{ name: "tst-0", script: "job.sh", directory: join(directory, "run"), watched: true, guard: true },
        ...{ token: `1.job-${++number}`, ...over },
      }),
      record: (stream) =>
        void stream.pipe(takeUntil(end$)).subscribe({
          next: (value) => {
            reports.push(`${now()} ${wordsOf(value)}`);
            if ("state" in value && value.state === "ended") ends.push(value);
          },
          error: (error: unknown) => reports.push(`${now()} ${failureOf(error)}`),
        }),
      submit: (request = slurm.request()) =>
        slurm.record(
          defer(() => {
            let job: string | undefined;
            return concat(
              backend.submit$(request).pipe(
                map((handover) => {
                  if ("job" in handover) job = handover.job;
                  return handover;
                }),
              ),
              defer((): Observable<JobReport> => (job === undefined ? EMPTY : backend.watch$(job))),
            );
          }),
        ),
      guardStarts: (token, id) => {
        mkdirSync(directoryOf(token), { recursive: true });
        symlinkSync(`${id} here 0 n1 7`, join(directoryOf(token), "claim"));
      },
      guardEnds: (token, id, status, signalled) =>
        writeFileSync(
          join(directoryOf(token), "ended"),
          `ended ${status} ${id} here 0 n1 7${signalled === undefined ? "" : ` ${signalled}`}\n`,
        ),
    };
    simulated = slurm;
    subscribe((backend.notice$ ?? EMPTY).pipe(takeUntil(end$)), ({ type }) => {
      if (type !== "backend.noted") reports.push(`${now()} ${type}`);
    });
    act(slurm);
    flush();
  });
  if (simulated === undefined) throw new Error("nothing was simulated");
  return simulated;
};

/** The mark of the job that is submitted under a token. */
export const markOf = ({ claims }: Pick<VirtualSlurm, "claims">, token: string): string =>
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

/** The dummy backend: a job is a process on this machine. */
import { accessSync, constants, rmSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import {
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  map,
  Observable,
  of,
  ReplaySubject,
  Subscription,
  tap,
} from "rxjs";
import type { Backend, EarlierJob, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import { Abandon, type Ending, type Failure } from "../events/failure.js";
import { messageOf } from "../system/files/errno.js";
import { withTail } from "../system/files/tail.js";
import type { Claims, Trace } from "../system/processes/claims.js";
import { endGroup, groupStarted, leaderEnded } from "../system/processes/process-groups.js";
import { trace$ } from "../system/processes/reattach.js";

export interface DummyMeans {
  readonly spawn: Spawn;
  /** Where jobs leave a trace; absent where nobody will look for it. */
  readonly claims?: Claims;
}

interface LocalJob {
  readonly name: string;
  /** Keeps its last word: it may end before anybody watches it. */
  readonly report$: ReplaySubject<JobReport>;
  readonly process: Subscription;
}

/**
 * A job is in a process group of its own, with the run directory as its working directory and its output in
 * `<script>.out`; its id is that of its process. Its exit status decides how it went, and its end is known at once.
 * What it leaves running is ended with it, as a scheduler does. Who stops watching it ends it; one that nobody watches
 * goes on to its end, and the program does not end before it, unless it is told to let go.
 */
export const dummy = ({ spawn, claims }: DummyMeans): Backend => {
  /** Those that have not ended, or that somebody may yet ask about. */
  const jobs = new Map<string, LocalJob>();
  return {
    name: "dummy",
    submit$: (request) =>
      new Observable((subscriber) => {
        const job: LocalJob = { name: request.name, report$: new ReplaySubject(1), process: new Subscription() };
        const log = clearedLog(request);
        let told = false;
        // Nobody could end a job whose id nobody knows.
        subscriber.add(() => {
          if (!told) job.process.unsubscribe();
        });
        const claim = claims?.path(request.token);
        const running$ = spawn({
          ...commandOf(request),
          ...{ directory: request.directory, output: log, sweep: true },
          ...(claim !== undefined && { claim }),
        });
        const running = running$.subscribe({
          next: (event) => {
            if (event.type === "ended") {
              if (claim !== undefined) claims?.ended(claim);
              return job.report$.next(endOf(event, log));
            }
            const id = String(event.pid);
            jobs.set(id, job);
            if (!request.watched) job.process.add(() => jobs.delete(id));
            job.report$.next({ state: "running" });
            told = true;
            subscriber.next({ job: id });
            subscriber.complete();
          },
          error: (error: unknown) => subscriber.error(unstarted(error)),
          complete: () => {
            job.report$.complete();
            job.process.unsubscribe();
          },
        });
        job.process.add(running);
      }),
    adopt$: (request, before) =>
      defer(() => {
        if (claims === undefined) return EMPTY;
        const job: LocalJob = { name: request.name, report$: new ReplaySubject(1), process: new Subscription() };
        return adopted$(claims, request, before, job).pipe(
          tap((id) => {
            jobs.set(id, job);
            if (!request.watched) job.process.add(() => jobs.delete(id));
          }),
          map((id) => ({ job: id })),
        );
      }),
    watch$: (id) =>
      defer(() => {
        const job = jobs.get(id);
        if (job === undefined) return of<JobReport>({ state: "ended", failure: unknown(id) });
        return job.report$.pipe(
          finalize(() => {
            jobs.delete(id);
            job.process.unsubscribe();
          }),
        );
      }),
    count$: (match) =>
      defer(() => {
        let count = 0;
        for (const { name, process } of jobs.values()) if (!process.closed && name.startsWith(match)) count += 1;
        return of(count);
      }),
  };
};

/** The job that an earlier instance has started; it goes on telling of it as of one of its own. */
const adopted$ = (claims: Claims, request: JobRequest, before: EarlierJob, job: LocalJob): Observable<string> =>
  new Observable((subscriber) => {
    const claim = claims.path(request.token);
    let told = before.id ?? "";
    const heard = (trace: Trace) => {
      switch (trace.is) {
        case "starting":
          return;
        case "running":
          told = String(trace.pid);
          groupStarted(trace.pid, () => undefined);
          job.process.add(() => endGroup(trace.pid));
          job.report$.next({ state: "running" });
          break;
        case "absent":
          // One that was there and is not any more has left without a word.
          if (before.id === undefined) return subscriber.complete();
          job.report$.next(LOST);
          break;
        case "ended":
          claims.ended(claim);
          job.report$.next(endOf(trace, logOf(request)));
          break;
        case "unknown":
          job.report$.next(LOST);
      }
      if (trace.is !== "running") {
        if (told !== "") leaderEnded(Number(told), false);
        job.report$.complete();
        job.process.unsubscribe();
      }
      subscriber.next(told === "" ? request.token : told);
      subscriber.complete();
    };
    const different = distinctUntilChanged<Trace>((one, other) => one.is === other.is);
    job.process.add(
      trace$(claim, before.boot)
        .pipe(different)
        .subscribe({ next: heard, error: (error: unknown) => subscriber.error(error) }),
    );
  });

const LOST: JobReport = {
  state: "ended",
  failure: { reason: "job", cause: "lost", message: "it ended while nobody watched it, and how is not known" },
};

/** `./job.sh`, as a person would start it: scripts look at the name under which they are called. */
const commandOf = ({ script }: JobRequest) => ({ file: isAbsolute(script) ? script : `./${script}`, arguments: [] });

/** Where its output goes: a new file, so that what an earlier job printed is gone, and no link there is written through. */
const clearedLog = (request: JobRequest): string => {
  const file = fileOf(request);
  let status: ReturnType<typeof statSync>;
  try {
    status = statSync(file);
  } catch (error) {
    throw notStarted(`${file}: ${messageOf(error)}`);
  }
  if (!status.isFile()) throw notStarted(`${file} is not a file`);
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw notStarted(`${file} is not executable: \`chmod +x\` what it is made from`);
  }
  const log = logOf(request);
  try {
    rmSync(log, { force: true });
  } catch (error) {
    throw notStarted(`${log} cannot be made anew: ${messageOf(error)}`);
  }
  return log;
};

const fileOf = ({ script, directory }: JobRequest): string => (isAbsolute(script) ? script : join(directory, script));

const logOf = (request: JobRequest): string => `${fileOf(request)}.out`;

const endOf = ({ status, signal }: Ending, log: string): JobReport =>
  status === 0
    ? { state: "ended" }
    : { state: "ended", failure: { reason: "job", cause: "failed", status, signal, ...withTail(log) } };

const notStarted = (message: string): Abandon => new Abandon(failed(message));

const unknown = (id: string) => failed(`this program has started no job ${id}`);

const failed = (message: string) => ({ reason: "job", cause: "not_started", message }) as const satisfies Failure;

/** A disk that is full stays a disk that is full. */
const unstarted = (error: unknown): unknown => {
  if (!(error instanceof Abandon) || error.failure.reason === "storage") return error;
  return notStarted(error.failure.reason === "not_started" ? error.failure.message : error.message);
};

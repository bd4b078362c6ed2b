/**
 * Handing a job over, at most once. What sbatch has said decides; where it has not said anything that can be relied on,
 * the job is looked for by its mark, and only where it is certain that there is none may somebody try again.
 */
import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  of,
  takeWhile,
  throwError,
  timer,
} from "rxjs";
import { submitWords } from "../../backends/slurm/commands.js";
import type { SubmitAnswer } from "../../backends/slurm/submit-output.js";
import type { EarlierJob, Handover, JobRequest } from "../../effects/backend.js";
import type { Spawn } from "../../effects/process.js";
import { Abandon, type Ending } from "../../events/failure.js";
import { after } from "../../operators/after.js";
import { isFull } from "../../operators/retry-while-full.js";
import { slots } from "../../operators/slots.js";
import { isWithin } from "../../plan/paths.js";
import { failureAt, messageOf } from "../../system/files/errno.js";
import type { Environment } from "../../system/processes/exec.js";
import { trace$ } from "../../system/processes/reattach.js";
import type { JobDirectories, Submission } from "../jobs/directory.js";
import { OVERDUE_S } from "../poll/poller.js";
import { type AttemptFiles, answerOf, attemptFiles, HANGING_S, UNKNOWN } from "./attempts.js";
import type { Backoff } from "./backoff.js";
import { type InDoubt, localId$, resolveInDoubt$ } from "./in-doubt.js";

export interface SubmitContext extends InDoubt {
  readonly spawn: Spawn;
  readonly environment: Environment;
  readonly backoff: Backoff;
  /** Whether claims are left, by which a later start finds out what became of an sbatch. */
  readonly claims: boolean;
}

/** slurmctld throttles submissions itself: more at once gains nothing. */
const AT_ONCE = 2;

/** One that waits for the end of its job (`#SBATCH --wait`) has told its id long before. */
const READING_MS = 2000;

export interface Submitter {
  submit$(request: JobRequest): Observable<Handover>;
  adopt$(request: JobRequest, before: EarlierJob): Observable<Handover>;
}

export const openSubmitter = (context: SubmitContext): Submitter => {
  const { directories, backoff } = context;
  const turns = slots(AT_ONCE);
  /**
   * By name: there was no job though sbatch had come to an end. Who does so once more does so every time: what a wrapper
   * of the site's says, say.
   */
  const fruitless = new Set<string>();

  const submit$ = (request: JobRequest): Observable<Handover> =>
    defer(() => {
      let tries = 0;
      return try$(request, () => ++tries);
    });

  /** Where there is no room to write down what is about to be done, it is not begun, and waits for somebody to make room. */
  const outwaited = (again: () => Observable<Handover>): MonoTypeOperatorFunction<Handover> =>
    catchError((error: unknown): Observable<Handover> => {
      if (!isFull(error)) return throwError(() => error);
      const waiting = `${error.message}: it is tried again in ${context.registering} s`;
      return concat(of({ waiting }), after(context.registering).pipe(ignoreElements()), defer(again));
    });

  const try$ = (request: JobRequest, next: () => number): Observable<Handover> =>
    defer(() => {
      const submission = prepared(directories, request);
      const why = backoff.reason();
      const shut$: Observable<Handover> = why === undefined ? EMPTY : of({ waiting: why });
      return concat(shut$, once$(request, submission, next));
    }).pipe(outwaited(() => try$(request, next)));

  const once$ = (request: JobRequest, submission: Submission, next: () => number): Observable<Handover> =>
    turns(() => concat(backoff.ready$, timed$(defer(() => sbatch$(context, request, submission, next()))))).pipe(
      concatMap(([answer, since]): Observable<Handover> => {
        switch (answer.is) {
          case "overdue":
            return of({ waiting: `sbatch has not answered for ${OVERDUE_S} s, and is waited for` });
          case "accepted":
            backoff.succeeded();
            fruitless.delete(request.name);
            return localId$(context, answer.job);
          case "refused":
            return throwError(() => jobNotStarted(answer.message));
          case "busy":
          case "away": {
            const what = answer.is === "busy" ? "Slurm takes no more jobs for now" : "Slurm is away";
            const seconds = backoff.refused(`${what} (${answer.message})`);
            const waiting = `${what} (${answer.message}): it is tried again in ${seconds} s`;
            return concat(of({ waiting }), try$(request, next));
          }
          case "unclear":
            // Others would only add to its burden.
            if (!answer.ended) backoff.refused(`Slurm does not answer (${answer.message})`);
            return concat(
              of({ waiting: unclear(answer.message) }),
              resolveInDoubt$(context, request, { since, hanging: answer.hanging ?? false }),
              defer(() => withoutJob$(request, answer)),
            ).pipe(takeUntilHanded());
        }
      }),
    );

  /** There is no such job. */
  const withoutJob$ = (
    { name }: JobRequest,
    { ended, message }: SubmitAnswer & { readonly is: "unclear" },
  ): Observable<never> => {
    if (!ended) return EMPTY;
    if (!fruitless.delete(name)) {
      fruitless.add(name);
      return EMPTY;
    }
    return throwError(() => jobNotStarted(`${message}; and Slurm has no such job, for the second time`));
  };

  return { submit$, adopt$: (request, before) => adopted$(context, request, before) };
};

/** With it the time at which it was begun. */
const timed$ = <T>(source: Observable<T>): Observable<readonly [T, since: number]> =>
  defer(() => {
    const since = asyncScheduler.now();
    return source.pipe(map((value) => [value, since] as const));
  });

/** Nothing comes after a job that was found. */
const takeUntilHanded = () => takeWhile((handover: Handover) => !("job" in handover), true);

const unclear = (message: string): string => `whether Slurm has the job is not known (${message}): it is looked for`;

const prepared = (directories: JobDirectories, request: JobRequest): Submission => {
  try {
    return directories.prepare(request);
  } catch (error) {
    const own = directories.directory(request.token);
    // What is written has no path in its error; what is read has, and so has a parent that cannot be made.
    const { path = own } = error as NodeJS.ErrnoException;
    if (isWithin(path, own) || isWithin(own, path)) throw new Abandon(failureAt(path, error));
    throw jobNotStarted(`${path}: ${messageOf(error)}`);
  }
};

export const jobNotStarted = (message: string): Abandon =>
  new Abandon({ reason: "job", cause: "not_started", message });

/** One sbatch, to its end or to its id. It is in a session of its own and goes on without us; what it says stays in files. */
const sbatch$ = (
  context: SubmitContext,
  request: JobRequest,
  submission: Submission,
  number: number,
): Observable<SubmitAnswer | { readonly is: "overdue" }> =>
  defer(() => {
    const files = attemptFiles(context.directories.directory(request.token), number);
    const running$ = context.spawn({
      file: "sbatch",
      arguments: submitWords({ ...submission, directory: request.directory }),
      // That of the run: sbatch takes its options from the command line, but a relative `--output` is relative to it.
      directory: request.directory,
      ...{ output: files.output, errors: files.errors, environment: context.environment, stays: true },
      ...(context.claims && { claim: files.claim }),
    });
    const ended$ = running$.pipe(
      concatMap((event): Observable<Ending> => (event.type === "ended" ? of(event) : EMPTY)),
      map((ending) => answerOf(files, ending)),
    );
    const read$ = timer(READING_MS, READING_MS).pipe(map(() => answerOf(files, UNKNOWN)));
    return merge(
      ended$,
      read$.pipe(filter(({ is }) => is === "accepted")),
      after(OVERDUE_S).pipe(map(() => ({ is: "overdue" as const }))),
      after(HANGING_S).pipe(map(() => hangingAt(files))),
    ).pipe(takeWhile(({ is }) => is === "overdue", true));
  });

/** What one that does not come to an end has said so far. */
const hangingAt = (files: AttemptFiles): SubmitAnswer => {
  const answer = answerOf(files, { status: null, signal: "no end" });
  return answer.is === "unclear" ? { ...answer, hanging: true } : answer;
};

/** A job that an earlier start has handed over, or was about to. */
const adopted$ = (context: SubmitContext, request: JobRequest, { id, boot }: EarlierJob): Observable<Handover> =>
  id !== undefined ? of({ job: id }) : tried$(context, request, boot, 1);

/** What became of its tries, one after the other: the one that was never made is the last. */
const tried$ = (context: SubmitContext, request: JobRequest, boot: string, number: number): Observable<Handover> =>
  defer(() => {
    const files = attemptFiles(context.directories.directory(request.token), number);
    const said$ = trace$(files.claim, boot).pipe(
      map((trace): SubmitAnswer | "at work" | "untried" => {
        if (trace.is === "absent") return "untried";
        const answer = answerOf(files, trace.is === "ended" ? trace : UNKNOWN);
        return (trace.is === "running" || trace.is === "starting") && answer.is !== "accepted" ? "at work" : answer;
      }),
    );
    const hanging$ = after(HANGING_S).pipe(map(() => hangingAt(files)));
    return merge(said$, hanging$).pipe(
      distinctUntilChanged(),
      takeWhile((answer) => answer === "at work", true),
      concatMap((answer): Observable<Handover> => {
        if (answer === "untried") return EMPTY;
        if (answer === "at work") return of({ waiting: "an sbatch that an earlier start has begun is still at work" });
        switch (answer.is) {
          case "accepted":
            return localId$(context, answer.job);
          case "refused":
          case "busy":
          case "away":
            return tried$(context, request, boot, number + 1);
          case "unclear":
            return concat(
              of({ waiting: unclear(answer.message) }),
              resolveInDoubt$(context, request, { hanging: answer.hanging ?? false }),
            );
        }
      }),
    );
  });

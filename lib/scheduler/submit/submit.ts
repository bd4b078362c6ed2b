/**
 * Submits a job at most once. The submit program's answer decides; where it is unclear, the job is in doubt, and only
 * once it is certainly absent may the program submit again.
 */
import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
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
import type { EarlierJob, Handover, JobRequest } from "../../effects/backend.js";
import type { Spawn } from "../../effects/process.js";
import { Abandon, type Ending } from "../../events/failure.js";
import { after } from "../../operators/after.js";
import { isFull } from "../../operators/retry-while-full.js";
import { slots } from "../../operators/slots.js";
import { isWithin } from "../../plan/paths.js";
import { failureAt, messageOf } from "../../system/files/errno.js";
import type { Environment } from "../../system/processes/exec.js";
import type { SubmitAnswer } from "../answers.js";
import type { JobDirectories, PreparedJob } from "../jobs/directory.js";
import { OVERDUE_S } from "../poll/poller.js";
import { adopt$, hangingAnswer, inDoubtMessage } from "./adopt.js";
import { answerOf, attemptFiles, HANGING_S, UNKNOWN } from "./attempts.js";
import type { Backoff } from "./backoff.js";
import { type InDoubt, localId$, resolveInDoubt$ } from "./in-doubt.js";

export interface SubmitContext extends InDoubt {
  readonly spawn: Spawn;
  readonly environment: Environment;
  readonly backoff: Backoff;
  /** Whether attempts leave claims, by which a later start learns what became of them. */
  readonly claims: boolean;
}

/** How many submit programs run at once. Servers throttle submissions themselves: more at once gain nothing. */
const AT_ONCE = 2;

/** Between two reads of what a submit program has printed: one that waits for its job's end prints the id long before. */
const READING_MS = 2000;

export interface Submitter {
  submit$(request: JobRequest): Observable<Handover>;
  adopt$(request: JobRequest, before: EarlierJob): Observable<Handover>;
}

export const openSubmitter = (context: SubmitContext): Submitter => {
  const { directories, backoff } = context;
  const { title, programs } = context.dialect;
  const turns = slots(AT_ONCE);
  /**
   * By name: the submit program ended, and yet there was no job. A name for which that happens again would do so every
   * time, as with a site's wrapper that prints no id.
   */
  const fruitless = new Set<string>();

  const submit$ = (request: JobRequest): Observable<Handover> =>
    defer(() => {
      let attempts = 0;
      return attempt$(request, () => ++attempts);
    });

  /** Where the disk has no room for the record of a submission, nothing is submitted until there is room. */
  const waitForRoom = (again: () => Observable<Handover>): MonoTypeOperatorFunction<Handover> =>
    catchError((error: unknown): Observable<Handover> => {
      if (!isFull(error)) return throwError(() => error);
      const waiting = `${error.message}: the program tries again in ${context.registering} s`;
      return concat(of({ waiting }), after(context.registering).pipe(ignoreElements()), defer(again));
    });

  const attempt$ = (request: JobRequest, next: () => number): Observable<Handover> =>
    defer(() => {
      const prepared = prepare(directories, request);
      const reason = backoff.reason();
      const waits$: Observable<Handover> = reason === undefined ? EMPTY : of({ waiting: reason });
      return concat(waits$, submitOnce$(request, prepared, next));
    }).pipe(waitForRoom(() => attempt$(request, next)));

  const submitOnce$ = (request: JobRequest, prepared: PreparedJob, next: () => number): Observable<Handover> =>
    turns(() => concat(backoff.ready$, withStart$(defer(() => runSubmit$(context, request, prepared, next()))))).pipe(
      concatMap(([answer, since]): Observable<Handover> => {
        switch (answer.is) {
          case "overdue":
            return of({
              waiting: `${programs.submit} has not answered for ${OVERDUE_S} s; the program waits for its answer`,
            });
          case "accepted":
            backoff.succeeded();
            fruitless.delete(request.name);
            return localId$(context, answer.job);
          case "refused":
            return throwError(() => jobNotStarted(answer.message));
          case "busy":
          case "away": {
            const what = answer.is === "busy" ? `${title} takes no more jobs for now` : `${title} is away`;
            const seconds = backoff.refused(`${what} (${answer.message})`);
            const waiting = `${what} (${answer.message}): the program tries again in ${seconds} s`;
            return concat(of({ waiting }), attempt$(request, next));
          }
          case "unclear":
            // Further submissions would only add to the server's burden.
            if (!answer.ended) backoff.refused(`${title} does not answer (${answer.message})`);
            return concat(
              of({ waiting: inDoubtMessage(context.dialect, answer.message) }),
              resolveInDoubt$(context, request, { since, hanging: answer.hanging ?? false }),
              defer(() => withoutJob$(request, answer)),
            ).pipe(takeUntilJob());
        }
      }),
    );

  /** There is no job. Completes, so that the program submits again, unless that happens for the second time. */
  const withoutJob$ = (
    { name }: JobRequest,
    { ended, message }: SubmitAnswer & { readonly is: "unclear" },
  ): Observable<never> => {
    if (!ended) return EMPTY;
    if (!fruitless.delete(name)) {
      fruitless.add(name);
      return EMPTY;
    }
    return throwError(() => jobNotStarted(`${message}; and ${title} has no such job, for the second time`));
  };

  return { submit$, adopt$: (request, before) => adopt$(context, request, before) };
};

/** Each value with the time at which the source was subscribed to. */
const withStart$ = <T>(source: Observable<T>): Observable<readonly [T, since: number]> =>
  defer(() => {
    const since = asyncScheduler.now();
    return source.pipe(map((value) => [value, since] as const));
  });

/** Nothing follows a job's id. */
const takeUntilJob = () => takeWhile((handover: Handover) => !("job" in handover), true);

const prepare = (directories: JobDirectories, request: JobRequest): PreparedJob => {
  try {
    return directories.prepare(request);
  } catch (error) {
    const own = directories.directory(request.token);
    // Errors of writing carry no path; errors of reading do, and so does a parent that cannot be made.
    const { path = own } = error as NodeJS.ErrnoException;
    if (isWithin(path, own) || isWithin(own, path)) throw new Abandon(failureAt(path, error));
    throw jobNotStarted(`${path}: ${messageOf(error)}`);
  }
};

export const jobNotStarted = (message: string): Abandon =>
  new Abandon({ reason: "job", cause: "not_started", message });

/**
 * Runs the submit program once, to its end or to its job's id. It has a session of its own and survives this program;
 * its output stays in files.
 */
const runSubmit$ = (
  context: SubmitContext,
  request: JobRequest,
  { script, mark, directives }: PreparedJob,
  number: number,
): Observable<SubmitAnswer | { readonly is: "overdue" }> =>
  defer(() => {
    const { dialect, directories, environment, claims } = context;
    const { directory } = request;
    const files = attemptFiles(dialect, directories.directory(request.token), number);
    const running$ = context.spawn({
      file: dialect.programs.submit,
      arguments: dialect.submitArguments({ script, directory, mark, directives }),
      // The run's: the arguments name it too, but a relative output file in a directive is relative to it.
      directory,
      ...{ output: files.output, errors: files.errors, environment, stays: true },
      ...(claims && { claim: files.claim }),
    });
    const ended$ = running$.pipe(
      concatMap((event): Observable<Ending> => (event.type === "ended" ? of(event) : EMPTY)),
      map((ending) => answerOf(dialect, files, ending)),
    );
    const read$ = timer(READING_MS, READING_MS).pipe(map(() => answerOf(dialect, files, UNKNOWN)));
    return merge(
      ended$,
      read$.pipe(filter(({ is }) => is === "accepted")),
      after(OVERDUE_S).pipe(map(() => ({ is: "overdue" as const }))),
      after(HANGING_S).pipe(map(() => hangingAnswer(dialect, files))),
    ).pipe(takeWhile(({ is }) => is === "overdue", true));
  });

/**
 * Submits a job at most once. The submit program's answer decides; where it is unclear, the job is in doubt, and only
 * once it is certainly absent may the program submit again.
 */
import { existsSync } from "node:fs";
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
import { codeOf, failureAt, messageOf } from "../../system/files/errno.js";
import type { Environment } from "../../system/processes/exec.js";
import type { SubmitAnswer } from "../answers.js";
import type { Dialect } from "../dialect.js";
import { jobNotStarted } from "../failures.js";
import type { JobDirectories, PreparedJob } from "../jobs/directory.js";
import { OVERDUE_S } from "../poll/silence.js";
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

export interface Submitter {
  /** The job's id comes last. Completes without one where there is certainly no job, so that the caller may submit again. */
  submit$(request: JobRequest): Observable<Handover>;
  adopt$(request: JobRequest, before: EarlierJob): Observable<Handover>;
}

export const openSubmitter = (context: SubmitContext): Submitter => {
  const { dialect, directories, backoff } = context;
  const { title } = dialect;
  const turns = slots(AT_ONCE);
  /**
   * Names of jobs whose submit program ended without a job. The second time the program gives up: a site's wrapper that
   * prints no id would end so every time.
   */
  const endedWithoutJob = new Set<string>();

  /** Attempts from this number on, until one is conclusive. */
  const submitFrom$ = (request: JobRequest, number: number): Observable<Handover> =>
    attempt$(request, number).pipe(
      concatMap((step) => ("answer" in step ? conclude$(request, step) : of(step))),
      takeWhile((handover) => !("job" in handover), true),
    );

  const attempt$ = (request: JobRequest, number: number): Observable<Handover | Attempt> =>
    defer(() => {
      const prepared = prepare(directories, request);
      const reason = backoff.reason();
      return concat(
        reason === undefined ? EMPTY : of({ waiting: reason }),
        turns(() => concat(backoff.ready$, runSubmit$(context, request, prepared, number))),
      );
    }).pipe(waitForDisk(() => attempt$(request, numberAfter(context, request, number))));

  /** While the disk has no room for the record of an attempt, the program submits nothing. */
  const waitForDisk = (again: () => Observable<Handover | Attempt>): MonoTypeOperatorFunction<Handover | Attempt> =>
    catchError((error: unknown) => {
      if (!isFull(error)) return throwError(() => error);
      const waiting = `${error.message}: the program tries again in ${context.registering} s`;
      return concat(of({ waiting }), after(context.registering).pipe(ignoreElements()), defer(again));
    });

  /** What follows from the answer of an attempt. */
  const conclude$ = (request: JobRequest, { answer, since, number }: Attempt): Observable<Handover> => {
    switch (answer.is) {
      case "accepted":
        backoff.succeeded();
        endedWithoutJob.delete(request.name);
        return localId$(context, answer.job);
      case "refused":
        return throwError(() => jobNotStarted(answer.message));
      case "busy":
      case "away": {
        const what = answer.is === "busy" ? `${title} takes no more jobs for now` : `${title} is away`;
        const seconds = backoff.refused(`${what} (${answer.message})`);
        const waiting = `${what} (${answer.message}): the program tries again in ${seconds} s`;
        return concat(of({ waiting }), submitFrom$(request, number + 1));
      }
      case "unclear":
        // Further submissions would only add to the server's burden.
        if (!answer.ended) backoff.refused(`${title} does not answer (${answer.message})`);
        return concat(
          of({ waiting: inDoubtMessage(dialect, answer.message) }),
          resolveInDoubt$(context, request, { since, hanging: answer.hanging ?? false }),
          defer(() => withoutJob$(request, answer)),
        ).pipe(takeWhile((handover) => !("job" in handover), true));
    }
  };

  /** Completes where there is no job; fails where that happens for the second time. */
  const withoutJob$ = (
    { name }: JobRequest,
    { ended, message }: SubmitAnswer & { readonly is: "unclear" },
  ): Observable<never> => {
    if (!ended) return EMPTY;
    if (!endedWithoutJob.delete(name)) {
      endedWithoutJob.add(name);
      return EMPTY;
    }
    return throwError(() => jobNotStarted(`${message}; and ${title} has no such job, for the second time`));
  };

  return {
    submit$: (request) => submitFrom$(request, 1),
    adopt$: (request, before) => adopt$(context, request, before),
  };
};

/** One run of the submit program, and what it answered. */
interface Attempt {
  readonly answer: SubmitAnswer;
  /** When it started, in milliseconds. */
  readonly since: number;
  readonly number: number;
}

/** How often the program reads what a running submit program has printed: one that waits for its job prints the id early. */
const READING_MS = 2000;

/**
 * Runs the submit program once, to its end or to its job's id. It has a session of its own and survives this program;
 * its output stays in files.
 */
const runSubmit$ = (
  context: SubmitContext,
  request: JobRequest,
  { script, mark, directives }: PreparedJob,
  number: number,
): Observable<Handover | Attempt> =>
  defer(() => {
    const { dialect, directories, environment, claims } = context;
    const { directory } = request;
    const since = asyncScheduler.now();
    const files = attemptFiles(dialect, directories.directory(request.token), number);
    const running$ = context.spawn({
      file: dialect.programs.submit,
      arguments: dialect.submitArguments({ script, directory, mark, directives }),
      // The run's: the arguments name it too, but a relative output file in a directive is relative to it.
      directory,
      output: files.output,
      errors: files.errors,
      environment,
      stays: true,
      ...(claims && { claim: files.claim }),
    });
    const ended$ = running$.pipe(
      concatMap((event): Observable<Ending> => (event.type === "ended" ? of(event) : EMPTY)),
      map((ending) => answerOf(dialect, files, ending)),
    );
    const accepted$ = timer(READING_MS, READING_MS).pipe(
      map(() => answerOf(dialect, files, UNKNOWN)),
      filter(({ is }) => is === "accepted"),
    );
    const hanging$ = after(HANGING_S).pipe(map(() => hangingAnswer(dialect, files)));
    const overdue$ = after(OVERDUE_S).pipe(map(() => ({ waiting: overdueMessage(dialect) })));
    const answer$ = merge(ended$, accepted$, hanging$).pipe(map((answer): Attempt => ({ answer, since, number })));
    return merge(overdue$, answer$).pipe(takeWhile((step) => "waiting" in step, true));
  });

const overdueMessage = ({ programs }: Dialect): string =>
  `${programs.submit} has not answered for ${OVERDUE_S} s; the program waits for its answer`;

/**
 * The number of the attempt after one that failed for want of room. An attempt that has left no claim was not made, and
 * keeps its number: a later start takes the first number without a claim for the end of all attempts.
 */
const numberAfter = ({ dialect, directories, claims }: SubmitContext, { token }: JobRequest, number: number): number =>
  claims && !existsSync(attemptFiles(dialect, directories.directory(token), number).claim) ? number : number + 1;

const prepare = (directories: JobDirectories, request: JobRequest): PreparedJob => {
  try {
    return directories.prepare(request);
  } catch (error) {
    // A bug, of this program or of the dialect.
    if (codeOf(error) === undefined) throw error;
    const own = directories.directory(request.token);
    // Errors of writing carry no path; errors of reading do, and so does a parent that cannot be made.
    const { path = own } = error as NodeJS.ErrnoException;
    // Ours, or a parent of ours, fails as storage; the user's script fails the job.
    if (isWithin(path, own) || isWithin(own, path)) throw new Abandon(failureAt(path, error));
    throw jobNotStarted(`${path}: ${messageOf(error)}`);
  }
};

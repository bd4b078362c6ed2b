/** The course of a plan with its journal: opens the journal, resumes the ensemble, and closes the journal at the end. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  ignoreElements,
  merge,
  type Observable,
  of,
  Subject,
  takeUntil,
  tap,
  throwError,
} from "rxjs";
import { backendName } from "../backends/registry.js";
import type { Fact, JournalRefused } from "../events/event.js";
import { conflictIn } from "../history/conflict.js";
import { fingerprinted } from "../history/fingerprint.js";
import { emptyHistory, type History } from "../history/history.js";
import { resume } from "../history/resume.js";
import { claimsPath } from "../journal/layout.js";
import { LockLost } from "../journal/lock.js";
import { type Journal, type OpenOptions, openJournal, Refusal } from "../journal/open.js";
import type { Ensemble } from "../plan/plan.js";
import { codeOf, messageOf } from "../system/files/errno.js";
import { notMade } from "../system/files/make-directory.js";
import { otherOwner } from "../system/files/owner.js";
import { type Claims, openClaims } from "../system/processes/claims.js";
import { leaveRunning } from "../system/processes/process-groups.js";
import type { Templates } from "../templates/templates.js";
import type { JournalOptions, Launch } from "./options.js";

/** A plan, and what earlier starts did of it. */
export interface Resumed {
  readonly plan: Ensemble;
  readonly past: History;
  readonly claims?: Claims;
  readonly commit$: () => Observable<never>;
}

/** The part of a launch that a journal needs. */
export interface Journaling extends Omit<Launch, "templates"> {
  /** The digest of a batch's templates. */
  readonly templates: Pick<Templates, "digest">;
  /** Replacements, for specs, of the real disk, of this process, and of real claims. */
  readonly instead?: Pick<OpenOptions, "disk" | "self" | "limit"> & { readonly claims: Claims };
}

/** Emits the events of `stage$`, the stream of the plan. If the journal cannot be resumed, ends with `journal.refused`. */
export const journaled$ = (launch: Journaling, stage$: (resumed: Resumed) => Observable<Fact>): Observable<Fact> => {
  const { plan, recorder, start } = launch;
  const { journal: options, settings } = start;
  if (options === undefined || recorder === undefined)
    return stage$({ plan, past: emptyHistory(), commit$: () => EMPTY });
  const { directory, retry, acceptChanges } = options;
  return defer(() => {
    const trouble$ = new Subject<Fact>();
    return from(openAll(launch, options, trouble$)).pipe(
      concatMap(({ journal, claims, plan: known }) => {
        const close$ = closing$(journal, trouble$);
        const { plan: aligned, past, changes } = resume(known, journal.past, { settings, retry });
        const problem = conflictIn({
          ...{ directory, changes, acceptChanges },
          ...{ startedOn: journal.past.backend, backend: backendName(start.backend) },
        });
        if (problem !== undefined) {
          return concat(close$, of(refused("other", directory, problem)));
        }
        recorder.attach(journal);
        const over$ = new Subject<void>();
        const work$ = concat(
          journal.mended === undefined ? EMPTY : of(journal.mended),
          stage$({ plan: aligned, past, claims, commit$: () => recorder.commit$().pipe(catchError(lost$)) }),
          close$,
        ).pipe(tap({ complete: () => over$.next() }));
        return merge(trouble$.pipe(takeUntil(over$)), work$).pipe(
          catchError((error: unknown) => {
            if (!(error instanceof LockLost)) return throwError(() => error);
            return of(refused("taken", directory, error.message));
          }),
          finalize(() => void journal.close().catch(() => undefined)),
        );
      }),
      catchError((error: unknown) => (error instanceof Refusal ? of<Fact>(error.fact) : throwError(() => error))),
    );
  });
};

const openAll = async (
  { plan, templates, instead }: Journaling,
  { directory, takeOver, fresh }: JournalOptions,
  trouble$: Subject<Fact>,
) => {
  const { claims: given, ...others } = instead ?? {};
  refuseForeign(directory);
  const claims = deferredClaims(claimsPath(directory), given);
  const journal = await openJournal(directory, {
    ...others,
    takeOver,
    fresh,
    settle: () => claims.open().settle(),
    stalled: (path, error) =>
      trouble$.next({ type: "journal.stalled", path, code: codeOf(error) ?? "", message: messageOf(error) }),
    recovered: (path) => trouble$.next({ type: "journal.recovered", path }),
  });
  try {
    return { journal, claims: claims.open(), plan: await fingerprinted(plan, templates.digest) };
  } catch (error) {
    await journal.close();
    const problem = notMade(error);
    throw problem === undefined
      ? error
      : new Refusal(refused("unusable", directory, `the state directory ${directory} cannot be used: ${problem}`));
  }
};

/** Refuses the state directory of another user: the poll of this user's jobs would not find that user's jobs. */
const refuseForeign = (path: string): void => {
  const owner = otherOwner(path);
  if (owner === undefined) return;
  const message = `${path} belongs to another user (number ${owner}): only the user who started an ensemble can resume it`;
  throw new Refusal(refused("unusable", path, message));
};

const refused = (because: JournalRefused["because"], path: string, message: string): JournalRefused => ({
  type: "journal.refused",
  because,
  path,
  message,
});

/** Makes the directory of the claims only when they are opened, which is after this program has taken the lock. */
const deferredClaims = (directory: string, given: Claims | undefined) => {
  let claims = given;
  return { open: () => (claims ??= openClaims(directory)) };
};

/** Leaves processes running if the lock is lost: the instance that has taken the lock resumes them. */
const lost$ = (error: unknown): Observable<never> => {
  if (error instanceof LockLost) leaveRunning();
  return throwError(() => error);
};

/** Closes the journal. If the last write fails, emits an event instead of failing: the work itself was done. */
const closing$ = (journal: Journal, trouble$: Subject<Fact>): Observable<never> =>
  defer(() => journal.close()).pipe(
    ignoreElements(),
    catchError((error: unknown) => {
      if (error instanceof LockLost) return throwError(() => error);
      trouble$.next({
        type: "journal.stalled",
        path: "the journal",
        code: codeOf(error) ?? "",
        message: messageOf(error),
      });
      return EMPTY;
    }),
  );

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
import { backendName, queuesJobs } from "../backends/registry.js";
import type { EnsemblePlace, Fact, JournalRefused } from "../events/event.js";
import { conflictIn } from "../history/conflict.js";
import { fingerprinted } from "../history/fingerprint.js";
import { emptyHistory, type History, unendedJobs } from "../history/history.js";
import { relocate } from "../history/place.js";
import { resume } from "../history/resume.js";
import { type BatchLocks, openBatchLocks } from "../journal/batch-locks.js";
import { disk as realDisk } from "../journal/disk.js";
import { claimsPath } from "../journal/layout.js";
import { Locked, LockLost } from "../journal/lock.js";
import { type Journal, type OpenOptions, openJournal, Refusal } from "../journal/open.js";
import { JournalLimited } from "../journal/writer.js";
import { isWithin, rebased } from "../plan/paths.js";
import type { Ensemble } from "../plan/plan.js";
import { codeOf, messageOf } from "../system/files/errno.js";
import { notMade } from "../system/files/make-directory.js";
import { otherOwner } from "../system/files/owner.js";
import { type Claims, openClaims } from "../system/processes/claims.js";
import { leaveRunning } from "../system/processes/process-groups.js";
import type { Templates } from "../templates/templates.js";
import type { JournalOptions, Launch } from "./options.js";
import { comparePlaces, placeOf } from "./place.js";

/** A plan, and what earlier starts did of it. */
export interface Resumed {
  readonly plan: Ensemble;
  readonly past: History;
  /** Absent without a journal. */
  readonly place?: EnsemblePlace;
  readonly claims?: Claims;
  /** Absent without a journal. */
  readonly locks?: BatchLocks;
  readonly commit$: () => Observable<never>;
}

/** The part of a launch that a journal needs. */
export interface Journaling extends Omit<Launch, "templates"> {
  /** The digest of a batch's templates. */
  readonly templates: Pick<Templates, "digest">;
  /** Replacements, for specs, of the real disk, this process, its place, and real claims and locks of batches. */
  readonly instead?: Pick<OpenOptions, "disk" | "self" | "limit"> & {
    readonly claims: Claims;
    readonly locks: BatchLocks;
    readonly placeOf: typeof placeOf;
  };
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
      concatMap(({ journal, claims, locks, place, plan: known }) => {
        const close$ = closing$(journal, trouble$);
        if (place.moved_from !== undefined) relocate(journal.past, place.moved_from, place.directory);
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
          stage$({
            plan: aligned,
            past,
            place,
            claims,
            locks,
            commit$: () => recorder.commit$().pipe(catchError(lost$)),
          }),
          close$,
        ).pipe(tap({ complete: () => over$.next() }));
        return merge(trouble$.pipe(takeUntil(over$)), work$).pipe(
          catchError((error: unknown) => {
            if (error instanceof LockLost) return of(refused("taken", directory, error.message));
            if (error instanceof JournalLimited)
              return of(refused("unusable", error.path, `${error.path} cannot grow: ${error.message}. ${RAISE_LIMIT}`));
            return throwError(() => error);
          }),
          finalize(() => void journal.close().catch(() => undefined)),
        );
      }),
      catchError((error: unknown) => (error instanceof Refusal ? of<Fact>(error.fact) : throwError(() => error))),
    );
  });
};

const openAll = async (launch: Journaling, options: JournalOptions, trouble$: Subject<Fact>) => {
  const { plan, templates, instead } = launch;
  const { directory, takeOver, fresh } = options;
  const { claims: given, locks = openBatchLocks(takeOver), placeOf: _, ...others } = instead ?? {};
  refuseForeign(directory);
  await refuseInRun(directory, launch);
  const claims = deferredClaims(claimsPath(directory), given);
  const opened = await openJournal(directory, {
    ...others,
    takeOver,
    fresh,
    admit: () => locks.hold(plan.batches).catch(refuseTaken(directory)),
    settle: () => claims.open().settle(),
    stalled: (path, error) =>
      trouble$.next({ type: "journal.stalled", path, code: codeOf(error) ?? "", message: messageOf(error) }),
    recovered: (path) => trouble$.next({ type: "journal.recovered", path }),
  }).catch(async (error: unknown) => {
    await locks.release();
    throw error;
  });
  const journal = { ...opened, close: () => opened.close().finally(() => locks.release()) };
  try {
    const place = await placeIn(launch, options, journal);
    return { journal, locks, place, claims: claims.open(), plan: await fingerprinted(plan, templates.digest) };
  } catch (error) {
    await journal.close();
    const problem = notMade(error);
    throw problem === undefined
      ? error
      : new Refusal(refused("unusable", directory, `the state directory ${directory} cannot be used: ${problem}`));
  }
};

/** Another ensemble runs a batch whose runs have the same directories. */
const refuseTaken = (path: string) => (error: unknown) => {
  throw error instanceof Locked ? new Refusal(refused("taken", path, error.message)) : error;
};

/** Refuses a state directory that is not this project's any more. */
const placeIn = async (
  { plan, start, instead }: Journaling,
  { directory, acceptChanges }: JournalOptions,
  { past, uid }: Journal,
): Promise<EnsemblePlace> => {
  const basedirs = plan.batches.map(({ basedir }) => basedir);
  const now = await (instead?.placeOf ?? placeOf)(plan, directory);
  const place = await comparePlaces({
    ...{ known: past.place, now, uid, basedirs, acceptChanges },
    queued: queuesJobs(start.backend) ? unendedJobs(past) : [],
  });
  if ("refused" in place) throw new Refusal(refused("other", directory, place.refused));
  return place;
};

/** Refuses the state directory of another user: the poll of this user's jobs would not find that user's jobs. */
const refuseForeign = (path: string): void => {
  const owner = otherOwner(path);
  if (owner === undefined) return;
  const message = `${path} belongs to another user (number ${owner}): only the user who started an ensemble can resume it`;
  throw new Refusal(refused("unusable", path, message));
};

/** Refuses a state directory in a run directory: a `remove` would delete the journal, and the next start would begin anew. */
const refuseInRun = async (path: string, { plan, instead }: Journaling): Promise<void> => {
  const { batches, directory: project } = plan;
  const disk = instead?.disk ?? realDisk;
  const state = await disk.real(path);
  for (const { basedir, runs } of batches) {
    const real = await disk.real(basedir);
    const run = runs.find(({ directory }) => {
      const own = rebased(directory, basedir, real);
      // A project that lies in a run directory itself is never removed.
      return isWithin(state, own) && !isWithin(project, directory);
    });
    if (run === undefined) continue;
    const message = `the state directory ${path} lies in the directory of the run ${run.id}, where a \`remove\` would delete the journal: give --state-dir another directory`;
    throw new Refusal(refused("other", path, message));
  }
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

const RAISE_LIMIT = "Running jobs and commands go on; the same command, under a higher limit, resumes the ensemble";

/** Leaves processes running if nothing more can be recorded: the instance that comes next resumes them. */
const lost$ = (error: unknown): Observable<never> => {
  if (error instanceof LockLost || error instanceof JournalLimited) leaveRunning();
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

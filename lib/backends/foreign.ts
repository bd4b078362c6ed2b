/** A backend that a module makes itself, adapted to the contract of a backend. */
import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  from,
  map,
  type Observable,
  type ObservableInput,
  of,
  tap,
  throwError,
} from "rxjs";
import type { Backend, EarlierJob, Handover, JobReport, JobRequest } from "../effects/backend.js";
import type { CancelReport, CancelTarget } from "../effects/cancel.js";
import type { Spawn } from "../effects/process.js";
import type { BackendNotice } from "../events/event.js";
import { Abandon } from "../events/failure.js";
import type { Settings } from "../plan/settings.js";
import type { Claims } from "../system/processes/claims.js";

/** A module that makes its own backend. */
export interface OpenModule {
  /** The name in the journal: an ensemble is resumed on the backend on which it was started. */
  readonly name: string;
  readonly open: (means: BackendMeans) => ForeignBackend | Promise<ForeignBackend>;
}

/** What a module makes its backend with. */
export interface BackendMeans {
  /** Starts processes that end with the program, or outlive it, as the command says. */
  readonly spawn: Spawn;
  readonly settings: Settings;
  /** Where the ensemble was started. */
  readonly directory: string;
  /** Files beside the journal, for what a later start has to know; absent where no later start looks for anything. */
  readonly claims?: Pick<Claims, "path" | "ended">;
}

/**
 * As `Backend`, of any rxjs, of promises or of async iterables. The last two cannot be unsubscribed from: the signal is
 * aborted when the program unsubscribes.
 */
export interface ForeignBackend {
  submit$(job: JobRequest, signal: AbortSignal): ObservableInput<Handover>;
  adopt$(job: JobRequest, before: EarlierJob, signal: AbortSignal): ObservableInput<Handover | undefined>;
  watch$(job: string, signal: AbortSignal): ObservableInput<JobReport>;
  count$(match: string, signal: AbortSignal): ObservableInput<number>;
  readonly notice$?: ObservableInput<BackendNotice>;
  /** Needs no `claims` of the means: each target has those of its own ensemble. */
  cancel$?(targets: readonly CancelTarget[], signal: AbortSignal): ObservableInput<CancelReport>;
}

/** Makes the backend of a module. Throws a `RangeError`, a sentence, if that fails. */
export const openBackend = async ({ name, open }: OpenModule, means: BackendMeans): Promise<Backend> => {
  let foreign: ForeignBackend;
  try {
    foreign = await open(means);
  } catch (error) {
    throw new RangeError(`the backend ${name} cannot be opened: ${wordsOf(error)}`);
  }
  const missing = METHODS.filter(
    (method) => typeof (foreign as Partial<ForeignBackend> | undefined)?.[method] !== "function",
  );
  if (missing.length > 0)
    throw new RangeError(`what \`open\` of the backend ${name} returns has no ${missing.join(", ")}`);
  return adapted(name, foreign);
};

const METHODS = ["submit$", "adopt$", "watch$", "count$"] as const;

const adapted = (name: string, foreign: ForeignBackend): Backend => ({
  name,
  submit$: (job) =>
    values$((signal) => foreign.submit$(job, signal)).pipe(map(withTextId), catchError(failing("not_started"))),
  adopt$: (job, before) =>
    values$((signal) => foreign.adopt$(job, before, signal)).pipe(map(withTextId), catchError(failing("lost"))),
  watch$: (job) =>
    values$((signal) => foreign.watch$(job, signal)).pipe(
      catchError((error: unknown) => of<JobReport>({ state: "ended", failure: failureOf("lost", error) })),
    ),
  // A run that has to know the number must not start without it.
  count$: (match) => values$((signal) => foreign.count$(match, signal)).pipe(catchError(failing("not_started"))),
  ...(foreign.notice$ !== undefined && { notice$: from(foreign.notice$) }),
  ...(foreign.cancel$ !== undefined && { cancel$: (targets) => reports$(foreign, targets) }),
});

/** A promise of nothing is nothing. */
const values$ = <T>(call: (signal: AbortSignal) => ObservableInput<T | undefined>): Observable<T> =>
  defer(() => {
    const over = new AbortController();
    return from(call(over.signal)).pipe(tap({ unsubscribe: () => over.abort() }));
  }).pipe(filter((value): value is Awaited<T> & T => value !== undefined));

/** The backend's reports; a job that it does not report on could not be cancelled. */
const reports$ = (foreign: ForeignBackend, targets: readonly CancelTarget[]): Observable<CancelReport> =>
  defer(() => {
    const open = [...targets];
    let message = "the backend has not reported on it";
    return concat(
      values$((signal) => foreign.cancel$?.(targets, signal) ?? EMPTY).pipe(
        tap((report) => {
          const index = "what" in report ? open.findIndex(({ what }) => what === report.what) : -1;
          if (index >= 0) open.splice(index, 1);
        }),
        catchError((error: unknown) => {
          message = wordsOf(error);
          return EMPTY;
        }),
      ),
      defer(() =>
        from(open.map(({ what, id = "of unknown id" }): CancelReport => ({ is: "refused", what, job: id, message }))),
      ),
    );
  });

type Loose = { readonly waiting: string } | { readonly job: string | number };

/** Ids are text, also where a scheduler counts them. */
const withTextId = (handover: Loose): Handover => ("job" in handover ? { job: String(handover.job) } : handover);

/** What the module throws is about a job, and no bug of this program. */
const failing = (cause: "not_started" | "lost") => (error: unknown) =>
  throwError(() => (error instanceof Abandon ? error : new Abandon(failureOf(cause, error))));

const failureOf = (cause: "not_started" | "lost", error: unknown) =>
  ({ reason: "job", cause, message: wordsOf(error) }) as const;

/** What was thrown, in words. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

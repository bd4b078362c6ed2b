/** Backends of other people: a module that is loaded when it is named, and what it gives, as a `Backend`. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { catchError, defer, filter, from, map, type Observable, type ObservableInput, of, tap, throwError } from "rxjs";
import type { Backend, EarlierJob, Handover, JobReport, JobRequest } from "../effects/backend.js";
import type { Spawn } from "../effects/process.js";
import type { BackendNotice } from "../events/event.js";
import { Abandon } from "../events/failure.js";
import type { Settings } from "../plan/settings.js";
import type { Claims } from "../system/processes/claims.js";

/** What a backend is made with. */
export interface BackendMeans {
  /** Starts processes that are ended with the program, or outlive it, as the command says. */
  readonly spawn: Spawn;
  readonly settings: Settings;
  /** Where the ensemble was started. */
  readonly directory: string;
  /** Files beside the journal, for what a later start has to know; absent where nothing is remembered. */
  readonly claims?: Pick<Claims, "path" | "ended">;
}

/**
 * As `Backend`, of any rxjs, of promises or of async iterables. These two cannot be unsubscribed from: the signal is
 * aborted when nobody wants to know any more.
 */
export interface ForeignBackend {
  submit$(job: JobRequest, signal: AbortSignal): ObservableInput<Handover>;
  adopt$(job: JobRequest, before: EarlierJob, signal: AbortSignal): ObservableInput<Handover | undefined>;
  watch$(job: string, signal: AbortSignal): ObservableInput<JobReport>;
  count$(match: string, signal: AbortSignal): ObservableInput<number>;
  readonly notice$?: ObservableInput<BackendNotice>;
}

/** What a module exports, to be a backend. */
export interface BackendModule {
  /** What the journal knows it by: an ensemble is gone on with on the backend on which it was begun. */
  readonly name: string;
  readonly open: (means: BackendMeans) => ForeignBackend | Promise<ForeignBackend>;
}

/** Loads a module. Throws a `RangeError` in a sentence where it is no backend. */
export const loadBackend = async (file: string): Promise<BackendModule> => {
  const path = resolve(file);
  if (!existsSync(path)) throw new RangeError(`the backend ${file}: there is no such file`);
  if (!statSync(path).isFile()) throw new RangeError(`the backend ${file} is not a file`);
  let found: Readonly<Record<string, unknown>>;
  try {
    found = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new RangeError(`the backend ${file} cannot be loaded: ${wordsOf(error)}${placeIn(path, error)}`);
  }
  const { name, open } = found;
  if (typeof open !== "function") {
    throw new RangeError(`the backend ${file} has no \`open\`: export a function that makes the backend`);
  }
  if (typeof name !== "string" || !/^[\w.-]+$/.test(name)) {
    throw new RangeError(
      `the backend ${file} has no \`name\`: export one of letters, digits, dots and dashes, by which its ensembles are known`,
    );
  }
  if (OURS.has(name))
    throw new RangeError(`the backend ${file} is called ${name}, as one of this program is: rename it`);
  return { name, open: open as BackendModule["open"] };
};

const OURS = new Set(["slurm", "dummy", "simulated"]);

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Node tells the line of a syntax error to people only, at the beginning of what it prints. */
const placeIn = (path: string, error: unknown): string => {
  if (!(error instanceof SyntaxError)) return "";
  const { stderr } = spawnSync(process.execPath, ["--check", path], { encoding: "utf8" });
  const [first = ""] = stderr.split("\n");
  const line = /:(\d+)$/.exec(first)?.[1];
  return line === undefined ? "" : ` in line ${line}`;
};

/** Makes the backend of a module. Throws a `RangeError` in a sentence where that fails. */
export const openBackend = async ({ name, open }: BackendModule, means: BackendMeans): Promise<Backend> => {
  let theirs: ForeignBackend;
  try {
    theirs = await open(means);
  } catch (error) {
    throw new RangeError(`the backend ${name} cannot be opened: ${wordsOf(error)}`);
  }
  const missing = METHODS.filter(
    (method) => typeof (theirs as Partial<ForeignBackend> | undefined)?.[method] !== "function",
  );
  if (missing.length > 0)
    throw new RangeError(`what \`open\` of the backend ${name} returns has no ${missing.join(", ")}`);
  return adapted(name, theirs);
};

const METHODS = ["submit$", "adopt$", "watch$", "count$"] as const;

const adapted = (name: string, theirs: ForeignBackend): Backend => ({
  name,
  submit$: (job) => told$((signal) => theirs.submit$(job, signal)).pipe(map(tidy), catchError(failing("not_started"))),
  adopt$: (job, before) =>
    told$((signal) => theirs.adopt$(job, before, signal)).pipe(map(tidy), catchError(failing("lost"))),
  watch$: (job) =>
    told$((signal) => theirs.watch$(job, signal)).pipe(
      catchError((error: unknown) => of<JobReport>({ state: "ended", failure: failed("lost", error) })),
    ),
  // Who cannot tell how many there are must not start more: the run fails that would have had to know.
  count$: (match) => told$((signal) => theirs.count$(match, signal)).pipe(catchError(failing("not_started"))),
  ...(theirs.notice$ !== undefined && { notice$: from(theirs.notice$) }),
});

/** A promise of nothing is nothing. */
const told$ = <T>(ask: (signal: AbortSignal) => ObservableInput<T | undefined>): Observable<T> =>
  defer(() => {
    const over = new AbortController();
    return from(ask(over.signal)).pipe(tap({ unsubscribe: () => over.abort() }));
  }).pipe(filter((value): value is Awaited<T> & T => value !== undefined));

type Loose = { readonly waiting: string } | { readonly job: string | number };

/** Ids are words, also where a scheduler counts them. */
const tidy = (handover: Loose): Handover => ("job" in handover ? { job: String(handover.job) } : handover);

/** What they throw is about a job, and no mistake of this program. */
const failing = (cause: "not_started" | "lost") => (error: unknown) =>
  throwError(() => (error instanceof Abandon ? error : new Abandon(failed(cause, error))));

const failed = (cause: "not_started" | "lost", error: unknown) =>
  ({ reason: "job", cause, message: wordsOf(error) }) as const;

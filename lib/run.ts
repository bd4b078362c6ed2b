/** Runs an ensemble: hands the stream its effects, and gives every event its place. */
import { hostname } from "node:os";
import { concat, concatMap, defer, from, ignoreElements, NEVER, type Observable, of, throwError, using } from "rxjs";
import { dummy } from "./backends/dummy.js";
import { parseSimulation, simulated } from "./backends/simulate.js";
import type { Diagnostic } from "./diagnostic.js";
import type { Backend, Effects, Stop } from "./effects.js";
import { EVENT_SCHEMA, type Event, type Fact } from "./event.js";
import { type Examination, examineEnsemble, type ReadOptions } from "./examine.js";
import { Abandon, type Failure } from "./failure.js";
import { stamped } from "./operators/stamped.js";
import { type Batch, DEFAULTS, type Ensemble, type Settings } from "./plan.js";
import { ensemble$ } from "./stream/ensemble.js";
import { performer } from "./tasks/perform.js";
import { type Finding, openTemplates, type Templates } from "./templates/templates.js";
import { makeDirectory } from "./world/directory.js";
import { openScratch } from "./world/scratch.js";
import { spawn } from "./world/shell.js";

export interface RunOptions extends Partial<Settings> {
  /** Where jobs go: `dummy` runs them on this machine. */
  readonly backend?: "dummy" | "slurm" | Backend;
  /** Jobs only take time, and may fail: `time=1..5s fail=0.1 seed=1`. No backend is asked. */
  readonly simulate?: string;
  /** What tells the ensemble to stop. By default nothing does; unsubscribing lets go of everything at once. */
  readonly stop?: Stop;
}

/**
 * Runs a plan. Cold: it starts when it is subscribed to, and unsubscribing lets go of it. `stream.opened` comes first,
 * `ensemble.finished` last. What goes wrong in runs is told by events; the stream itself fails by a mistake in this
 * program only, or for a backend or a simulation that there is not (`RangeError`).
 */
export const runEnsemble = (plan: Ensemble, options: RunOptions = {}): Observable<Event> => {
  const settings = settingsOf(options);
  return concat(
    opened$(plan.directory),
    defer(() => play$(plan, options, settings, openTemplates(settings))),
  ).pipe(stamped());
};

/**
 * Reads a configuration and runs it. A configuration that cannot be run ends the stream with `configuration.refused`;
 * nothing has been done then.
 */
export const runConfiguration = (file: string, options: ReadOptions & RunOptions = {}): Observable<Event> => {
  const settings = settingsOf(options);
  const templates = openTemplates(settings);
  return concat(
    opened$(options.directory ?? process.cwd()),
    defer(() => examineEnsemble(file, options, templates)).pipe(
      concatMap(({ plan, diagnostics }: Examination): Observable<Fact> => {
        const missing = backendMissing(file, options);
        const refused = [...missing, ...diagnostics];
        if (plan === undefined || missing.length > 0) {
          return of({ type: "configuration.refused", configuration: file, diagnostics: refused });
        }
        return concat(
          from(diagnostics.length > 0 ? [{ type: "configuration.warned" as const, diagnostics }] : []),
          play$(plan, options, settings, templates),
        );
      }),
    ),
  ).pipe(stamped());
};

const play$ = (plan: Ensemble, options: RunOptions, settings: Settings, templates: Templates): Observable<Fact> =>
  using(openScratch, (scratch) => {
    const backend = backendOf(options);
    if (backend === undefined) return throwError(() => new RangeError(NO_SLURM));
    const tools = { plan, settings, backend, spawn, scratch: (scratch as ReturnType<typeof openScratch>).directory };
    const effects: Effects = {
      backend,
      open$: (batch) => doing$(() => makeDirectory(batch.basedir)),
      check$: (batches) => doing$(() => ready(templates, batches)),
      prepare$: (place) => doing$(() => templates.prepare(place)),
      perform$: performer(tools),
    };
    return ensemble$({ plan, settings, effects, stop: options.stop ?? NEVER_STOP });
  });

/** Nothing that a batch needs is missing any more, now that the tasks before it have been done. */
const ready = async (templates: Templates, batches: readonly Batch[]): Promise<void> => {
  const findings = await templates.survey(batches, { mayCome: () => false });
  const error = findings.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Abandon(failureOf(error, batches));
};

const failureOf = ({ at, message, batch }: Finding, batches: readonly Batch[]): Failure => {
  if (at === undefined) {
    const directory = batches.find(({ name }) => name === batch)?.templatedir ?? batch;
    return { reason: "directory", directory, message };
  }
  const { file, line, column } = at;
  return {
    reason: "template",
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    message,
  };
};

const doing$ = (work: () => Promise<void>): Observable<never> => defer(work).pipe(ignoreElements());

const opened$ = (directory: string): Observable<Fact> =>
  defer(() =>
    of<Fact>({
      type: "stream.opened",
      schema: EVENT_SCHEMA,
      version: VERSION,
      host: hostname(),
      pid: process.pid,
      directory,
    }),
  );

/** The version of the program: the build puts it here. */
export const VERSION = process.env.MODEL_ENSEMBLER_VERSION ?? "0.0.0";

const settingsOf = (options: Partial<Settings>): Settings => {
  // Somebody who writes JavaScript may give an option as undefined, and mean that it is not given.
  const entries: [string, unknown][] = Object.entries(options);
  const given = entries.filter(([name, value]) => name in SETTINGS && value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
};

/** The names of all settings. */
const SETTINGS: Readonly<Record<keyof Settings, true>> = {
  checks: true,
  submission: true,
  pickup: true,
  shell: true,
  skips: true,
  indexes: true,
  check_timeout: true,
  submit_timeout: true,
  running_timeout: true,
  error_timeout: true,
  max_stagger: true,
};

const NO_SLURM =
  "the backend slurm is not part of this version yet; name `dummy` to run the jobs on this machine, or --simulate to only play them";

const backendOf = ({ backend = "slurm", simulate }: RunOptions): Backend | undefined => {
  if (simulate !== undefined) return simulated(parseSimulation(simulate), "simulated");
  if (typeof backend === "object") return backend;
  return backend === "dummy" ? dummy({ spawn }) : undefined;
};

/** The configuration is fine, but there is nothing here that its jobs could be handed to. */
const backendMissing = (file: string, options: RunOptions): readonly Diagnostic[] =>
  options.simulate === undefined && (options.backend ?? "slurm") === "slurm"
    ? [{ severity: "error", code: "no-backend", message: NO_SLURM, file }]
    : [];

const NEVER_STOP: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };

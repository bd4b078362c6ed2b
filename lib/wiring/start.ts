/** Reads and runs: hands the stream its effects. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  throwError,
  using,
} from "rxjs";
import { dummy } from "../backends/dummy.js";
import { openBackend } from "../backends/module.js";
import { parseSimulation, simulated } from "../backends/simulated/simulated.js";
import { type Diagnostic, isPressing } from "../diagnostics/diagnostic.js";
import type { Backend, Effects, Stop } from "../effects/effects.js";
import type { Fact } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import { emptyHistory } from "../history/history.js";
import { hasJournal } from "../journal/open.js";
import type { Recorder } from "../journal/recorder.js";
import type { Batch, Ensemble, Settings } from "../plan/plan.js";
import { type SchedulerMeans, slurm } from "../scheduler/scheduler.js";
import { ensemble$ } from "../stream/ensemble.js";
import { makeDirectory } from "../system/files/make-directory.js";
import { openScratch } from "../system/files/scratch.js";
import { exec } from "../system/processes/exec.js";
import { reattach$ } from "../system/processes/reattach.js";
import { spawn } from "../system/processes/spawn.js";
import { isOnPath } from "../system/processes/which.js";
import { performer } from "../tasks/perform.js";
import { type Finding, openTemplates, type Templates } from "../templates/templates.js";
import { type Examination, examineEnsemble, type ReadOptions } from "./examine.js";
import { journaled$, type Resumed } from "./journaled.js";
import type { RunOptions } from "./run.js";

type Recording = Recorder | undefined;

/** A plan, from `ensemble.started` to `ensemble.finished`. */
export const planned$ = (
  plan: Ensemble,
  options: RunOptions,
  settings: Settings,
  recorder: Recording,
): Observable<Fact> => defer(() => play$(plan, options, settings, openTemplates(settings), recorder));

/** A configuration: what is odd in it, and its plan; or why it is refused. */
export const configured$ = (
  file: string,
  options: ReadOptions & RunOptions,
  settings: Settings,
  recorder: Recording,
): Observable<Fact> =>
  defer(() => {
    const templates = openTemplates(settings);
    return from(looked(file, options, templates)).pipe(
      concatMap(({ plan, diagnostics: all }: Examination): Observable<Fact> => {
        const diagnostics = all.filter(isPressing);
        const missing = backendMissing(file, options);
        if (plan === undefined || missing.length > 0) {
          const refused = [...missing, ...diagnostics];
          return of({ type: "configuration.refused", configuration: file, diagnostics: refused });
        }
        return concat(
          from(diagnostics.length > 0 ? [{ type: "configuration.warned" as const, diagnostics }] : []),
          play$(plan, options, settings, templates, recorder),
        );
      }),
    );
  });

const looked = async (file: string, options: ReadOptions & RunOptions, templates: Templates): Promise<Examination> => {
  const { plan, diagnostics } = await examineEnsemble(file, options, templates);
  const begun = options.state !== undefined && !options.fresh && (await hasJournal(options.state));
  const beside = new Set([
    // An ensemble that is gone on with has made them itself.
    ...(begun ? ["run-directory-exists"] : []),
    // Others read the file, and execute what they make of it.
    ...(backendName(options) === "dummy" ? [] : ["job-file-not-executable"]),
  ]);
  const told = diagnostics.filter(({ code }) => !beside.has(code));
  return { diagnostics: told, ...(plan !== undefined && { plan }) };
};

const play$ = (
  plan: Ensemble,
  options: RunOptions,
  settings: Settings,
  templates: Templates,
  recorder: Recording,
): Observable<Fact> => {
  const { state } = options;
  const stage$ = (past: Resumed) => stageOf(options, settings, templates, past);
  if (recorder === undefined || state === undefined)
    return stage$({ plan, past: emptyHistory(), commit$: () => EMPTY });
  const asked = { plan, settings, options, directory: state, recorder, backend: backendName(options) };
  return journaled$({ ...asked, templates: templates.digest }, stage$);
};

/** Hands the stream what it works with. */
const stageOf = (
  options: RunOptions,
  settings: Settings,
  templates: Templates,
  { plan, past, commit$, claims }: Resumed,
): Observable<Fact> =>
  using(openScratch, (scratch) => {
    const { directory } = scratch as ReturnType<typeof openScratch>;
    const means = { spawn, scratch: directory, ...(claims !== undefined && { claims }) };
    const effectsOf = (backend: Backend): Effects => ({
      backend,
      open$: (batch) => doing$(() => makeDirectory(batch.basedir)),
      check$: (batches) => doing$(() => ready(templates, batches)),
      vacant$: (place) => doing$(() => templates.vacant(place)),
      prepare$: (place, own) => doing$(() => templates.prepare(place, own)),
      perform$: performer({ plan, settings, backend, ...means }),
      reattach$: (claim, boot) => (claims === undefined ? EMPTY : reattach$(claims.path(claim), boot)),
      commit$,
    });
    return opened$(options, { ...means, ask: exec, settings, directory: plan.directory }).pipe(
      map((backend): Backend | Fact => backend),
      catchError((error: unknown) =>
        error instanceof RangeError ? of(refusal(plan, error.message)) : throwError(() => error),
      ),
      concatMap((backend) => {
        if ("type" in backend) return of(backend);
        const effects = effectsOf(backend);
        return ensemble$({ plan, settings, effects, past, stop: options.stop ?? NEVER_STOP });
      }),
    );
  });

/** Nothing was begun: a backend that cannot be made is a mistake of whoever has named it. */
const refusal = ({ configuration: file }: Ensemble, message: string): Fact => ({
  ...{ type: "configuration.refused", configuration: file },
  diagnostics: [{ severity: "error", code: "no-backend", message, file }],
});

/** That of a module takes its time. */
const opened$ = (
  options: RunOptions,
  means: SchedulerMeans & { readonly directory: string; readonly settings: Settings },
) => {
  const { backend, simulate } = options;
  if (simulate !== undefined || typeof backend !== "object" || !("open" in backend))
    return of(backendOf(options, means));
  const { spawn: start, settings, directory, claims } = means;
  return defer(() => openBackend(backend, { spawn: start, settings, directory, ...(claims && { claims }) }));
};

/** Nothing that a batch needs is missing any more, now that the tasks before it have been done. */
const ready = async (templates: Templates, batches: readonly Batch[]): Promise<void> => {
  const findings = await templates.survey(batches, { mayCome: () => false });
  const error = findings.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Abandon(failureOf(error, batches));
};

const failureOf = ({ at, message, batch, path }: Finding, batches: readonly Batch[]): Failure => {
  if (at === undefined) {
    const found = batches.find(({ name }) => name === batch);
    const directory = (path[0] === "basedir" ? found?.basedir : found?.templatedir) ?? batch;
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

const backendOf = ({ backend = "slurm", simulate }: RunOptions, means: SchedulerMeans): Backend => {
  if (simulate !== undefined) return simulated(parseSimulation(simulate), SIMULATED);
  if (typeof backend === "object" && "submit$" in backend) return backend;
  return backend === "dummy" ? dummy(means) : slurm(means);
};

const SIMULATED = "simulated";

/** The name of that backend, known before it is made. */
const backendName = ({ backend = "slurm", simulate }: RunOptions): string => {
  if (simulate !== undefined) return SIMULATED;
  return typeof backend === "object" ? backend.name : backend;
};

/** The configuration is fine, but there is nothing here that its jobs could be handed to. */
const backendMissing = (file: string, { backend = "slurm", simulate }: RunOptions): readonly Diagnostic[] =>
  simulate === undefined && backend === "slurm" && !isOnPath("sbatch")
    ? [{ severity: "error", code: "no-backend", message: NO_SLURM, file }]
    : [];

const NO_SLURM =
  "there is no sbatch here: load your site's module, or log in where Slurm is; or name `dummy` to run the jobs on this machine, or --simulate to only play them";

const NEVER_STOP: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };

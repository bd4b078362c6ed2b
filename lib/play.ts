/** Reads and runs: hands the stream its effects. */
import { concat, concatMap, defer, from, ignoreElements, NEVER, type Observable, of, throwError, using } from "rxjs";
import { dummy } from "./backends/dummy.js";
import { parseSimulation, simulated } from "./backends/simulate.js";
import { type Diagnostic, isPressing } from "./diagnostic.js";
import type { Backend, Effects, Stop } from "./effects.js";
import type { Fact } from "./event.js";
import { type Examination, examineEnsemble, type ReadOptions } from "./examine.js";
import { Abandon, type Failure } from "./failure.js";
import type { Batch, Ensemble, Settings } from "./plan.js";
import type { RunOptions } from "./run.js";
import { ensemble$ } from "./stream/ensemble.js";
import { performer } from "./tasks/perform.js";
import { type Finding, openTemplates, type Templates } from "./templates/templates.js";
import { makeDirectory } from "./world/directory.js";
import { openScratch } from "./world/scratch.js";
import { spawn } from "./world/shell.js";

/** A plan, from `ensemble.started` to `ensemble.finished`. */
export const planned$ = (plan: Ensemble, options: RunOptions, settings: Settings): Observable<Fact> =>
  defer(() => play$(plan, options, settings, openTemplates(settings)));

/** A configuration: what is odd in it, and its plan; or why it is refused. */
export const configured$ = (file: string, options: ReadOptions & RunOptions, settings: Settings): Observable<Fact> =>
  defer(() => {
    const templates = openTemplates(settings);
    return from(examineEnsemble(file, options, templates)).pipe(
      concatMap(({ plan, diagnostics: all }: Examination): Observable<Fact> => {
        const diagnostics = all.filter(isPressing);
        const missing = backendMissing(file, options);
        if (plan === undefined || missing.length > 0) {
          const refused = [...missing, ...diagnostics];
          return of({ type: "configuration.refused", configuration: file, diagnostics: refused });
        }
        return concat(
          from(diagnostics.length > 0 ? [{ type: "configuration.warned" as const, diagnostics }] : []),
          play$(plan, options, settings, templates),
        );
      }),
    );
  });

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

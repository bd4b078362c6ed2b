/** The real effects: what the stream asks for, done by the rooms at the edge. */
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  throwError,
  using,
} from "rxjs";
import { openBackend } from "../backends/module.js";
import { backendOf } from "../backends/registry.js";
import type { Backend } from "../effects/backend.js";
import type { Effects } from "../effects/effects.js";
import type { Stop } from "../effects/stop.js";
import type { Fact } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import type { Batch, Ensemble } from "../plan/plan.js";
import type { Settings } from "../plan/settings.js";
import type { SchedulerMeans } from "../scheduler/scheduler.js";
import { ensemble$ } from "../stream/ensemble.js";
import { makeDirectory } from "../system/files/make-directory.js";
import { openScratch } from "../system/files/scratch.js";
import { exec } from "../system/processes/exec.js";
import { reattach$ } from "../system/processes/reattach.js";
import { spawn } from "../system/processes/spawn.js";
import { performer } from "../tasks/perform.js";
import type { SurveyFinding, Templates } from "../templates/templates.js";
import type { Resumed } from "./journaled.js";
import type { RunOptions } from "./options.js";

/** Hands the stream what it works with. */
export const stageOf = (
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

/** Nothing that a batch needs is missing any more, now that the tasks before it have been done. */
const ready = async (templates: Templates, batches: readonly Batch[]): Promise<void> => {
  const findings = await templates.survey(batches, { mayCome: () => false });
  const error = findings.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Abandon(failureOf(error, batches));
};

const failureOf = ({ at, message, batch, path }: SurveyFinding, batches: readonly Batch[]): Failure => {
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

/** Nothing was begun: a backend that cannot be made is a mistake of whoever has named it. */
const refusal = ({ configuration: file }: Ensemble, message: string): Fact => ({
  ...{ type: "configuration.refused", configuration: file },
  diagnostics: [{ severity: "error", code: "no-backend", message, file }],
});
const NEVER_STOP: Stop = { draining: () => false, drain$: NEVER, now$: NEVER };

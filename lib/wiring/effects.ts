/** The real effects, which connect the stream to the rooms at the edge. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  map,
  type Observable,
  of,
  throwError,
  using,
} from "rxjs";
import { openChosen } from "../backends/registry.js";
import type { Backend } from "../effects/backend.js";
import type { Effects } from "../effects/effects.js";
import type { Fact } from "../events/event.js";
import { Abandon, type Failure } from "../events/failure.js";
import type { BatchLocks } from "../journal/batch-locks.js";
import { Locked } from "../journal/lock.js";
import type { Batch, Ensemble } from "../plan/plan.js";
import { removeLeftovers } from "../system/files/leftovers.js";
import { needDirectory } from "../system/files/make-directory.js";
import { openTrash } from "../system/files/trash.js";
import { exec } from "../system/processes/exec.js";
import { reattach$ } from "../system/processes/reattach.js";
import { spawn } from "../system/processes/spawn.js";
import { openScratch } from "../system/scratch.js";
import { performer } from "../tasks/perform.js";
import type { SurveyFinding, Templates } from "../templates/templates.js";
import type { Resumed } from "./journaled.js";
import type { Launch } from "./options.js";

/** Opens the effects for `stage$`, and closes them with it. Refuses the plan if its backend cannot be opened. */
export const withEffects$ = (
  { start: { settings, backend: choice }, templates }: Launch,
  { plan, commit$, claims, locks }: Resumed,
  stage$: (effects: Effects) => Observable<Fact>,
): Observable<Fact> =>
  using(openScratch, (scratch) => {
    const { directory } = scratch as ReturnType<typeof openScratch>;
    const trash = openTrash();
    const means = { spawn, scratch: directory, ...(claims !== undefined && { claims }) };
    const effectsOf = (backend: Backend): Effects => ({
      backend,
      open$: (batch) => doing$(() => openBatch(batch, locks)),
      check$: (batches) => doing$(() => demandReady(templates, batches)),
      vacant$: (place) => doing$(() => templates.vacant(place)),
      prepare$: (place, own) => prepared$((signal) => templates.prepare(place, { own, signal })),
      perform$: performer({ plan, settings, backend, simulated: choice.simulate !== undefined, trash, ...means }),
      reattach$: (claim, boot) => (claims === undefined ? EMPTY : reattach$(claims.path(claim), boot)),
      commit$,
    });
    return defer(() => openChosen(choice, { ...means, exec, settings, directory: plan.directory })).pipe(
      map((backend): Backend | Fact => backend),
      catchError((error: unknown) =>
        error instanceof RangeError ? of(refusal(plan, error.message)) : throwError(() => error),
      ),
      concatMap((backend) =>
        "type" in backend
          ? of(backend)
          : concat(
              stage$(effectsOf(backend)),
              doing$(() => trash.empty()),
            ),
      ),
    );
  });

/** Makes the base directory. A task before it may have made a parent of it, and only now the batch can be locked. */
const openBatch = async (batch: Batch, locks: BatchLocks | undefined): Promise<void> => {
  await needDirectory(batch.basedir);
  try {
    await locks?.hold([batch]);
  } catch (error) {
    if (!(error instanceof Locked)) throw error;
    throw new Abandon({ reason: "directory", directory: batch.basedir, message: error.message });
  }
  // With the lock, nothing else makes or removes these run directories.
  if (locks !== undefined)
    await removeLeftovers(
      batch.basedir,
      batch.runs.map(({ id }) => id),
    );
};

/** Checks that no directory or template of the batches is missing or wrong, after the tasks that may still make them. */
const demandReady = async (templates: Templates, batches: readonly Batch[]): Promise<void> => {
  const findings = await templates.survey(batches, { mayAppear: () => false });
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

/** Aborts the work if it is unsubscribed from: the copy of a large template directory takes long. */
const prepared$ = (work: (signal: AbortSignal) => Promise<readonly string[]>): Observable<readonly string[]> =>
  defer(() => {
    const aborter = new AbortController();
    return from(work(aborter.signal)).pipe(
      filter((changed) => changed.length > 0),
      finalize(() => aborter.abort()),
    );
  });

const doing$ = (work: () => Promise<void>): Observable<never> => defer(work).pipe(ignoreElements());

/** A backend that cannot be opened is a mistake in the user's choice: nothing has been started. */
const refusal = ({ configuration: file }: Ensemble, message: string): Fact => ({
  type: "configuration.refused",
  configuration: file,
  diagnostics: [{ severity: "error", code: "no-backend", message, file }],
});

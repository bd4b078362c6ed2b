/** `plan`: prints what a run of the ensemble would do. It makes and starts nothing. */
import {
  Abandon,
  DEFAULTS,
  didYouMean,
  type Ensemble,
  examineEnsemble,
  explain,
  isProblem,
  previewRun,
  type Settings,
  skipCause,
  variablesOf,
} from "../../lib/index.js";
import type { PlanRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeJson, writeStderr } from "../output.js";
import { stateOption } from "../state-directory.js";
import { planText, runText } from "../views/plan.js";
import { reportText } from "../views/report.js";
import { endAtOnceOnSignal, killProcessesAtExit } from "./end-at-once.js";

export const plan = async (request: PlanRequest): Promise<number> => {
  killProcessesAtExit();
  endAtOnceOnSignal();
  const { configuration, extra, backendFile } = request;
  const backend = backendFile ?? request.backend;
  const settings: Settings = { ...DEFAULTS, ...request.settings };
  const options = { ...settings, extra, ...(await stateOption(configuration)) };
  const { plan: ensemble, diagnostics } = await examineEnsemble(configuration, options);
  writeStderr(reportText(diagnostics.filter(isProblem)));
  if (ensemble === undefined) {
    if (request.json) writeJson({ valid: false, diagnostics });
    return EXIT.refused;
  }
  if (request.show !== undefined) return show(request, ensemble, request.show);
  if (request.json) writeJson(planData(ensemble, settings, backend));
  else process.stdout.write(planText(ensemble, { settings, backend, all: request.all }));
  return EXIT.ok;
};

const show = async (request: PlanRequest, ensemble: Ensemble, id: string): Promise<number> => {
  const found = findRun(ensemble, id);
  if (found === undefined) {
    const ids = ensemble.batches.flatMap(({ runs }) => runs.map((run) => run.id));
    writeStderr(`error: there is no run "${id}" in ${request.configuration}${didYouMean(id, ids)}\n`);
    return EXIT.refused;
  }
  const { batch, run } = found;
  const variables = variablesOf(batch, run, 1);
  let files: Awaited<ReturnType<typeof previewRun>>;
  try {
    files = await previewRun(ensemble, id);
  } catch (error) {
    if (!(error instanceof Abandon)) throw error;
    writeStderr(`error: the templates of ${id} cannot be shown: ${explain(error.failure)}\n`);
    return EXIT.refused;
  }
  if (request.json) writeJson({ batch: batch.name, run: id, directory: run.directory, variables, files });
  else process.stdout.write(runText(run, variables, files));
  return EXIT.ok;
};

const findRun = (ensemble: Ensemble, id: string) => {
  for (const batch of ensemble.batches) {
    const run = batch.runs.find((candidate) => candidate.id === id);
    if (run !== undefined) return { batch, run };
  }
  return undefined;
};

/** The plan as JSON, without the variables that all runs of a batch share. */
const planData = ({ batches, ...ensemble }: Ensemble, settings: Settings, backend: string) => ({
  valid: true,
  ...ensemble,
  backend,
  settings,
  batches: batches.map(({ shared: _, extra: __, runs, ...batch }) => ({
    ...batch,
    runs: runs.map((run) => ({
      run: run.id,
      index: run.index,
      directory: run.directory,
      variables: run.own,
      left_out: skipCause(run, settings),
    })),
  })),
});

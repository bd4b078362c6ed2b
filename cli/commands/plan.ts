/** `plan`: what would happen if the ensemble were run. Nothing is made or started. */
import {
  Abandon,
  DEFAULTS,
  didYouMean,
  type Ensemble,
  examineEnsemble,
  explain,
  isPressing,
  leftOut,
  previewRun,
  type Settings,
  variablesOf,
} from "../../lib/index.js";
import type { PlanOrder } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { tellMachines, tellPeople } from "../output.js";
import { reportText } from "../report-text.js";
import { planText, runText } from "../views/plan.js";

export const plan = async (order: PlanOrder): Promise<number> => {
  const { configuration, extra, backendFile } = order;
  const backend = backendFile ?? order.backend;
  const settings: Settings = { ...DEFAULTS, ...order.settings };
  const { plan: ensemble, diagnostics } = await examineEnsemble(configuration, { ...settings, extra });
  tellPeople(reportText(diagnostics.filter(isPressing)));
  if (ensemble === undefined) {
    if (order.json) tellMachines({ valid: false, diagnostics });
    return EXIT.refused;
  }
  if (order.show !== undefined) return show(order, ensemble, order.show);
  if (order.json) tellMachines(planData(ensemble, settings, backend));
  else process.stdout.write(planText(ensemble, { settings, backend, all: order.all }));
  return EXIT.ok;
};

const show = async (order: PlanOrder, ensemble: Ensemble, id: string): Promise<number> => {
  const found = findRun(ensemble, id);
  if (found === undefined) {
    const ids = ensemble.batches.flatMap(({ runs }) => runs.map((run) => run.id));
    tellPeople(`error: there is no run "${id}" in ${order.configuration}${didYouMean(id, ids)}\n`);
    return EXIT.refused;
  }
  const { batch, run } = found;
  const variables = variablesOf(batch, run, 1);
  let files: Awaited<ReturnType<typeof previewRun>>;
  try {
    files = await previewRun(ensemble, id);
  } catch (error) {
    if (!(error instanceof Abandon)) throw error;
    tellPeople(`error: the templates of ${id} cannot be shown: ${explain(error.failure)}\n`);
    return EXIT.refused;
  }
  if (order.json) tellMachines({ batch: batch.name, run: id, directory: run.directory, variables, files });
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

/** The plan for machines: what was read, without what is the same for every run and every ensemble. */
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
      left_out: leftOut(run, settings),
    })),
  })),
});

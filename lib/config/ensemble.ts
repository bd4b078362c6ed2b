/** Builds the plan from the values of a configuration, and checks everything that involves more than one key. */
import { parse } from "node:path";
import { type Ensemble, type Task } from "../plan/plan.js";
import { type Settings } from "../plan/settings.js";
import { isVariables, type Value, type Variables } from "../plan/values.js";
import { type Draft, draftsOf } from "./build/drafts.js";
import { orderBatches } from "./build/order.js";
import { tasksOf } from "./build/tasks.js";
import { checkBatch } from "./checks/batch.js";
import { checkDirectories, checkNames } from "./checks/collisions.js";
import { checkExtra, checkSelection } from "./checks/command-line.js";
import { checkCommands } from "./checks/commands.js";
import { checkReferences, checkVariables } from "./checks/references.js";
import type { Findings } from "./findings.js";
import { noteDifferences } from "./python/differences.js";
import { toPlain } from "./schema/plain.js";
import { checkAgainstSchema } from "./schema/validate.js";
import type { Locations, Path } from "./yaml/locate.js";

export interface BuildOptions {
  readonly file: string;
  readonly directory: string;
  readonly extra: Variables;
  readonly settings: Settings;
}

/** Builds the plan and adds every mistake to `found`. The plan is valid only if `found` holds no error afterwards. */
export const ensembleOf = (
  root: Value,
  locations: Locations,
  found: Findings,
  { file, directory, extra, settings }: BuildOptions,
): Ensemble | undefined => {
  const wrong = checkAgainstSchema(root, locations, found);
  const isWrong = (path: Path) => wrong.some((other) => path.every((part, index) => other[index] === part));
  const ensemble = isVariables(root) ? root["ensemble"] : undefined;
  if (!isVariables(ensemble ?? null)) return undefined;
  const { vars, batch_config, batches, pre_process, post_process } = ensemble as Variables;
  const compat = settings.compat ?? ((ensemble as Variables)["compat"] === "python" ? "python" : "none");

  const defaults = mapping(vars);
  checkVariables(defaults, ["ensemble", "vars"], locations, found);
  checkExtra(extra, { file }, found);

  const context = { directory, vars: defaults, extra, compat, locations, found, isWrong };
  const drafts = draftsOf(Array.isArray(batches) ? batches : [], mapping(batch_config), context);
  checkNames(drafts, locations, found);
  const sorted = orderBatches(drafts, spotOfAfter(locations), found);
  for (const draft of drafts) checkBatch(draft, locations, found);
  checkDirectories(drafts, locations, found);

  const variables = { ...defaults, ...extra };
  const tasks = (key: string, value: Value | undefined): readonly Task[] => {
    const at = ["ensemble", key];
    if (value === undefined || isWrong(at)) return [];
    const list = tasksOf(toPlain(value), compat);
    checkReferences(list, at, () => [{ owner: "the ensemble", layers: [variables] }], locations, found);
    checkCommands(list, at, locations, found);
    return list;
  };
  const plan: Ensemble = {
    name: parse(file).name,
    configuration: file,
    directory,
    vars: variables,
    pre_process: tasks("pre_process", pre_process),
    post_process: tasks("post_process", post_process),
    batches: sorted.flatMap(({ batch }) => batch ?? []),
  };
  if (!found.failed()) checkSelection(plan.batches, settings, { file }, found);
  if (!found.failed()) noteDifferences(plan, drafts, settings, locations, found);
  return plan;
};

/** The place of a name in `after`: an item of the list, or a key of the mapping. */
const spotOfAfter =
  (locations: Locations) =>
  ({ path, after }: Draft, index: number) => {
    const item = path("after", index);
    return locations.has(item) ? locations.value(item) : locations.key(path("after", after[index] ?? ""));
  };

const mapping = (value: Value | undefined): Variables => (isVariables(value ?? null) ? (value as Variables) : {});

/** Checks a batch that has passed the schema: its tasks, templates and variables, its paths, limits and `repeat`. */
import type { Batch, Task } from "../../plan/plan.js";
import type { Draft } from "../build/drafts.js";
import type { Findings } from "../findings.js";
import type { Locations } from "../yaml/locate.js";
import { checkTemplates } from "./collisions.js";
import { checkCommands } from "./commands.js";
import { checkDestinations } from "./destinations.js";
import { checkIgnoredFailures } from "./ignored-failures.js";
import { checkOptions } from "./options.js";
import { checkPatterns } from "./patterns.js";
import { checkReferences, checkVariables, type ReferenceScope } from "./references.js";

export const checkBatch = (draft: Draft, locations: Locations, found: Findings): void => {
  const { batch, path } = draft;
  if (batch === undefined) return;
  checkTemplates(draft, locations, found);
  for (const key of ["pre_batch", "post_batch"] as const)
    checkReferences(batch[key], path(key), () => [batchScope(batch)], locations, found);
  for (const key of ["pre_run", "post_run"] as const) {
    checkReferences(batch[key], path(key), () => runScopes(batch), locations, found);
    checkPatterns(batch[key], path(key), locations, found);
    checkDestinations(batch[key], path(key), locations, found);
    checkIgnoredFailures(batch[key], path(key), locations, found);
    checkOptions(batch[key], path(key), locations, found);
  }
  for (const key of ["pre_batch", "pre_run", "post_run", "post_batch"] as const)
    checkCommands(batch[key], path(key), locations, found);
  for (const { index, own } of batch.runs) checkVariables(own, path("runs", index), locations, found);

  for (const key of ["basedir", "templatedir"] as const) {
    const written = locations.written(path(key))?.text ?? "";
    if (!/^~|\$\{?[A-Za-z_]/.test(written)) continue;
    const message = `\`${written}\` is used as it is written: the program expands neither \`~\` nor \`$\` in a path`;
    found.warning("unexpanded-path", message, locations.value(path(key)));
  }
  for (const key of ["maxruns", "maxjobs"] as const) {
    if (batch[key] <= MANY || batch.runs.length <= MANY) continue;
    const number = Math.min(batch[key], batch.runs.length);
    const message = `\`${key}\` is hardly a limit: this machine would have to handle ${number} ${key.slice("max".length)} at once`;
    found.warning("no-limit", message, locations.value(path(key)));
  }
  if (batch.repeat && ![...batch.pre_batch, ...batch.post_batch].some(mayFail)) {
    const message =
      "this batch repeats for ever: only a failed task in `pre_batch` or `post_batch` ends it, such as a check with `fail: true`";
    found.warning("endless-repeat", message, locations.value(path("repeat")));
  }
};

/** More processes at once than a user is likely to mean. */
const MANY = 1000;

const mayFail = (task: Task): boolean =>
  task.name === "check"
    ? task.args.fail !== undefined || task.timeout !== undefined
    : task.name !== "submit" && !(task.name === "execute" && task.args.ignore_failure === true);

const batchScope = (batch: Batch): ReferenceScope => ({
  owner: `the batch \`${batch.name}\``,
  layers: [batch.extra, { batch_idx: 1 }, batch.shared],
});

/** The variables of `variablesOf`, in layers: merging them for each of 10,000 runs would take longer. */
function* runScopes({ runs, shared, extra }: Batch): Iterable<ReferenceScope> {
  for (const { index: idx, id, directory: dir, own } of runs)
    yield { owner: `run \`${id}\``, layers: [extra, { idx, id, dir, batch_idx: 1 }, own, shared] };
}

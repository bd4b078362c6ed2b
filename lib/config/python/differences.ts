/** Notes each place that the Python tool would treat differently; docs/from-the-python-tool.md lists all cases. */
import { type Batch, type Ensemble, RESERVED_NAMES } from "../../plan/plan.js";
import type { Settings } from "../../plan/settings.js";
import { has } from "../../plan/values.js";
import type { Draft } from "../build/drafts.js";
import { type Findings, pageAt } from "../findings.js";
import type { Spot } from "../source.js";
import type { Locations } from "../yaml/locate.js";
import { DIFFERENCES, type NoteDifference } from "./kinds.js";
import { noteTasks } from "./tasks.js";

/** Expects a configuration without mistakes, in which each draft has become a batch; `drafts` come in file order. */
export const noteDifferences = (
  plan: Ensemble,
  drafts: readonly Draft[],
  settings: Pick<Settings, "checks" | "indexes" | "pickup">,
  locations: Locations,
  found: Findings,
): void => {
  const note: NoteDifference = (code, spot, message) =>
    found.note(code, message, { ...spot, see: pageAt(DIFFERENCES[code]) });
  const planned = drafts.flatMap(({ batch, path }) => (batch === undefined ? [] : [{ batch, path }]));
  for (const list of ["pre_process", "post_process"] as const)
    noteTasks(plan[list], list, (...rest) => locations.value(["ensemble", list, ...rest]), note);
  for (const { batch, path } of planned) {
    noteBatch(batch, settings, (key) => locations.key(path(key)), note);
    for (const list of ["pre_batch", "pre_run", "post_run", "post_batch"] as const)
      noteTasks(batch[list], list, (...rest) => locations.value(path(list, ...rest)), note);
  }
  noteOrder(planned, locations, note);
  notePrefixes(planned, locations, note);
  noteLeaks(plan, planned, locations, note);
  if (settings.indexes !== undefined)
    note(
      "python-indexes",
      { file: plan.configuration },
      "the Python tool (0.6.2 and 0.7.0) skips the runs that `-i` names; here only those run",
    );
};

type PlannedBatch = Pick<Draft, "path"> & { readonly batch: Batch };

const noteBatch = (
  { job_file, post_run, post_run_on_failure, repeat }: Batch,
  { checks, pickup }: Pick<Settings, "checks" | "pickup">,
  spot: (key: string) => Spot,
  note: NoteDifference,
): void => {
  if (job_file !== undefined && post_run.length > 0 && !post_run_on_failure)
    note(
      "python-failed-job",
      spot("post_run"),
      "the Python tool also runs `post_run` after a failed job; here it does so only with `post_run_on_failure: true`",
    );
  if (repeat && !pickup)
    note(
      "python-repeat",
      spot("repeat"),
      "without `-p` the Python tool silently ends in cycle 2; here cycle 2 keeps the run directories",
    );
  // Before the Python tool submits a job, it counts the jobs in the scheduler; with `-c` that fails.
  if (job_file !== undefined && !checks)
    note(
      "python-no-checks",
      spot("job_file"),
      "with `-c` the Python tool (0.6.2 and 0.7.0) fails each run before its job, because of a bug; here the job runs",
    );
};

const noteOrder = (planned: readonly PlannedBatch[], locations: Locations, note: NoteDifference): void => {
  const other = planned.find(({ batch }, index) => index > 0 && batch.after.length === 0);
  if (other === undefined) return;
  const message =
    "the Python tool runs batches one after another; here they run at the same time unless `after` orders them";
  note("python-batch-order", locations.value(other.path("name")), message);
};

/** The Python tool counts all jobs whose names start with the name of the batch: `sea` and `seaice` share a limit. */
const notePrefixes = (planned: readonly PlannedBatch[], locations: Locations, note: NoteDifference): void => {
  const sorted = planned.toSorted((a, b) => (a.batch.name < b.batch.name ? -1 : 1));
  sorted.forEach(({ batch: { name }, path }, index) => {
    // In sorted order, the names that start with this one follow it directly. The jobs of `sea-ice` start with `sea-`,
    // so this program counts them too: no difference.
    for (const { batch: other } of sorted.slice(index + 1)) {
      if (!other.name.startsWith(name)) return;
      if (other.name.startsWith(`${name}-`)) continue;
      const message = `the Python tool counts the jobs of \`${other.name}\` too, because that name starts with \`${name}\`; here they do not count for \`${name}\``;
      note("python-maxjobs", locations.value(path("maxjobs")), message);
      return;
    }
  });
};

/** In the Python tool, a variable that a run sets leaks into all later runs, of other batches too, until one resets it. */
const noteLeaks = (
  plan: Ensemble,
  planned: readonly PlannedBatch[],
  locations: Locations,
  note: NoteDifference,
): void => {
  const setBy = new Map<string, string>();
  for (const { batch, path } of planned) {
    const keys = Object.keys(batch.shared).filter((name) => !has(plan.vars, name));
    for (const name of keys) setBy.delete(name);
    for (const { id, index, own } of batch.runs) {
      for (const [name, other] of setBy) {
        if (has(own, name) || has(batch.extra, name)) continue;
        const message = `in the Python tool, \`${name}\` of ${other} leaks into this run; here only ${other} has it`;
        note("python-leak", locations.value(path("runs", index)), message);
        break;
      }
      // Both programs set the variables of `RESERVED_NAMES` anew for each run.
      for (const name of Object.keys(own)) if (!RESERVED_NAMES.includes(name)) setBy.set(name, id);
    }
    for (const name of keys) setBy.set(name, `the batch ${batch.name}`);
  }
};

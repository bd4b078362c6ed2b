/** Notes where the Python tool would have done otherwise with this very configuration. docs/from-the-python-tool.md lists all. */
import type { Batch, Ensemble } from "../../plan/plan.js";
import type { Settings } from "../../plan/settings.js";
import { has } from "../../plan/values.js";
import type { Draft } from "../build/drafts.js";
import { type Findings, pageAt } from "../findings.js";
import type { Spot } from "../source.js";
import type { Locations } from "../yaml/locate.js";
import { DIFFERENCES, type NoteDifference } from "./kinds.js";
import { noteTasks } from "./tasks.js";

/** For a configuration without mistakes: every draft has become a batch. They come in the order of the file. */
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
      "the Python tool 0.6.2 leaves out the runs that `-i` names; here only those are run",
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
      "the Python tool does `post_run` after a job that failed as well; here it does so only with `post_run_on_failure: true`",
    );
  if (repeat && !pickup)
    note(
      "python-repeat",
      spot("repeat"),
      "without `-p` the Python tool ends without a word in cycle 2; here the run directories are kept for it",
    );
  // Before it submits a job, it checks how many there are: it never comes to a job.
  if (job_file !== undefined && !checks)
    note(
      "python-no-checks",
      spot("job_file"),
      "with `-c` every run of the Python tool 0.6.2 ends with a mistake before its job; here it is run",
    );
};

const noteOrder = (planned: readonly PlannedBatch[], locations: Locations, note: NoteDifference): void => {
  const other = planned.find(({ batch }, index) => index > 0 && batch.after.length === 0);
  if (other === undefined) return;
  const message =
    "the Python tool starts a batch when those before it have ended; here they run at the same time unless `after` orders them";
  note("python-batch-order", locations.value(other.path("name")), message);
};

/** It counts the jobs whose names begin like the batch; those of `sea` and of `seaice` are then limited together. */
const notePrefixes = (planned: readonly PlannedBatch[], locations: Locations, note: NoteDifference): void => {
  const sorted = planned.toSorted((a, b) => (a.batch.name < b.batch.name ? -1 : 1));
  sorted.forEach(({ batch: { name }, path }, index) => {
    // What begins with a name stands right behind it. The jobs of `sea-ice` begin with `sea-` here as well.
    for (const { batch: other } of sorted.slice(index + 1)) {
      if (!other.name.startsWith(name)) return;
      if (other.name.startsWith(`${name}-`)) continue;
      const message = `the Python tool counts the jobs of \`${other.name}\` too, because its name begins with \`${name}\`; here only those of \`${name}\` count`;
      note("python-maxjobs", locations.value(path("maxjobs")), message);
      return;
    }
  });
};

/** What a run sets stays set there for all runs after it, those of other batches too, until one sets it anew. */
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
        const message = `the Python tool gives this run the \`${name}\` of ${other}, which came before it; here only ${other} has that`;
        note("python-leak", locations.value(path("runs", index)), message);
        break;
      }
      for (const name of Object.keys(own)) setBy.set(name, id);
    }
    for (const name of keys) setBy.set(name, `the batch ${batch.name}`);
  }
};

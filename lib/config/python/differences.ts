/** Notes where the Python tool would have done otherwise with this very configuration. docs/from-the-python-tool.md lists all. */
import type { Batch, Ensemble } from "../../plan/plan.js";
import type { Settings } from "../../plan/settings.js";
import { has } from "../../plan/values.js";
import type { Draft } from "../build/drafts.js";
import { type Findings, pageAt } from "../findings.js";
import type { Spot } from "../source.js";
import type { Locations } from "../yaml/locate.js";
import { DIFFERENCES, type Differ } from "./kinds.js";
import { noteTasks } from "./tasks.js";

/** For a configuration without mistakes: every draft has become a batch. They come in the order of the file. */
export const noteDifferences = (
  plan: Ensemble,
  drafts: readonly Draft[],
  settings: Pick<Settings, "checks" | "indexes" | "pickup">,
  places: Locations,
  found: Findings,
): void => {
  const differ: Differ = (code, spot, message) =>
    found.note(code, message, { ...spot, see: pageAt(DIFFERENCES[code]) });
  const wholes = drafts.flatMap(({ batch, path }) => (batch === undefined ? [] : [{ batch, path }]));
  for (const list of ["pre_process", "post_process"] as const)
    noteTasks(plan[list], list, (...rest) => places.value(["ensemble", list, ...rest]), differ);
  for (const { batch, path } of wholes) {
    noteBatch(batch, settings, (key) => places.key(path(key)), differ);
    for (const list of ["pre_batch", "pre_run", "post_run", "post_batch"] as const)
      noteTasks(batch[list], list, (...rest) => places.value(path(list, ...rest)), differ);
  }
  noteOrder(wholes, places, differ);
  notePrefixes(wholes, places, differ);
  noteLeaks(plan, wholes, places, differ);
  if (settings.indexes !== undefined)
    differ(
      "python-indexes",
      { file: plan.configuration },
      "the Python tool 0.6.2 leaves out the runs that `-i` names; here only those are run",
    );
};

type Whole = Pick<Draft, "path"> & { readonly batch: Batch };

const noteBatch = (
  { job_file, post_run, post_run_on_failure, repeat }: Batch,
  { checks, pickup }: Pick<Settings, "checks" | "pickup">,
  spot: (key: string) => Spot,
  differ: Differ,
): void => {
  if (job_file !== undefined && post_run.length > 0 && !post_run_on_failure)
    differ(
      "python-failed-job",
      spot("post_run"),
      "the Python tool does `post_run` after a job that failed as well; here it does so only with `post_run_on_failure: true`",
    );
  if (repeat && !pickup)
    differ(
      "python-repeat",
      spot("repeat"),
      "without `-p` the Python tool ends without a word in cycle 2; here the run directories are kept for it",
    );
  // Before it submits a job, it checks how many there are: it never comes to a job.
  if (job_file !== undefined && !checks)
    differ(
      "python-no-checks",
      spot("job_file"),
      "with `-c` every run of the Python tool 0.6.2 ends with a mistake before its job; here it is run",
    );
};

const noteOrder = (wholes: readonly Whole[], places: Locations, differ: Differ): void => {
  const other = wholes.find(({ batch }, index) => index > 0 && batch.after.length === 0);
  if (other === undefined) return;
  const message =
    "the Python tool starts a batch when those before it have ended; here they run at the same time unless `after` orders them";
  differ("python-batch-order", places.value(other.path("name")), message);
};

/** It counts the jobs whose names begin like the batch; those of `sea` and of `seaice` are then limited together. */
const notePrefixes = (wholes: readonly Whole[], places: Locations, differ: Differ): void => {
  const sorted = wholes.toSorted((a, b) => (a.batch.name < b.batch.name ? -1 : 1));
  sorted.forEach(({ batch: { name }, path }, index) => {
    // What begins with a name stands right behind it. The jobs of `sea-ice` begin with `sea-` here as well.
    for (const { batch: other } of sorted.slice(index + 1)) {
      if (!other.name.startsWith(name)) return;
      if (other.name.startsWith(`${name}-`)) continue;
      const message = `the Python tool counts the jobs of \`${other.name}\` too, because its name begins with \`${name}\`; here only those of \`${name}\` count`;
      differ("python-maxjobs", places.value(path("maxjobs")), message);
      return;
    }
  });
};

/** What a run sets stays set there for all runs after it, those of other batches too, until one sets it anew. */
const noteLeaks = (plan: Ensemble, wholes: readonly Whole[], places: Locations, differ: Differ): void => {
  const setBy = new Map<string, string>();
  for (const { batch, path } of wholes) {
    const keys = Object.keys(batch.shared).filter((name) => !has(plan.vars, name));
    for (const name of keys) setBy.delete(name);
    for (const { id, index, own } of batch.runs) {
      for (const [name, other] of setBy) {
        if (has(own, name) || has(batch.extra, name)) continue;
        const message = `the Python tool gives this run the \`${name}\` of ${other}, which came before it; here only ${other} has that`;
        differ("python-leak", places.value(path("runs", index)), message);
        break;
      }
      for (const name of Object.keys(own)) setBy.set(name, id);
    }
    for (const name of keys) setBy.set(name, `the batch ${batch.name}`);
  }
};

/** Builds a batch of the plan from the batch's own keys and the keys of `batch_config`. */
import { join, resolve } from "node:path";
import type { Batch } from "../../plan/plan.js";
import type { Compat } from "../../plan/settings.js";
import type { Value, Variables } from "../../plan/values.js";
import type { CompleteBatch } from "../schema/ensemble.js";
import { toPlain } from "../schema/plain.js";
import { tasksOf } from "./tasks.js";

export interface BatchContext {
  /** The directory in which the program was started. */
  readonly directory: string;
  readonly vars: Variables;
  readonly extra: Variables;
  readonly compat: Compat;
}

/** `values` must have passed the schema. */
export const batchOf = (values: Variables, { directory, vars, extra, compat }: BatchContext): Batch => {
  const written = toPlain(values) as CompleteBatch;
  const basedir = resolve(directory, written.basedir);
  return {
    name: written.name,
    basedir,
    templatedir: resolve(basedir, written.templatedir),
    templates: written.templates,
    ...(written.job_file !== undefined && { job_file: written.job_file }),
    maxruns: written.maxruns,
    maxjobs: written.maxjobs,
    repeat: written.repeat ?? false,
    after: namesIn(written.after),
    needs: namesIn(written.after, "success"),
    post_run_on_failure: written.post_run_on_failure ?? false,
    guard: written.guard ?? true,
    undefined: written.undefined ?? "error",
    template_engine: written.template_engine ?? "builtin",
    allow_remove: (written.allow_remove ?? []).map((path) => resolve(directory, path)),
    pre_batch: tasksOf(written.pre_batch, compat),
    pre_run: tasksOf(written.pre_run, compat),
    post_run: tasksOf(written.post_run, compat),
    post_batch: tasksOf(written.post_batch, compat),
    shared: { ...vars, ...keysForTemplates(values) },
    extra,
    runs: written.runs.map((own, index) => {
      const id = `${written.name}-${index}`;
      return { id, index, directory: join(basedir, id), own };
    }),
  };
};

/** The batches that `after` names: all, or those with this word. */
export const namesIn = (after: CompleteBatch["after"] = [], word?: "success"): readonly string[] => {
  if (isNames(after)) return word === undefined ? after : [];
  return Object.keys(after).filter((name) => word === undefined || after[name] === word);
};

const isNames = (after: NonNullable<CompleteBatch["after"]>): after is string[] => Array.isArray(after);

/** The keys of a batch that templates see, as the user wrote them. `job_file` and `repeat` are always there. */
const keysForTemplates = (values: Variables): Variables => {
  const isForTemplates = ([name]: readonly [string, Value]) => TEMPLATE_KEYS.includes(name);
  return { job_file: null, repeat: false, ...Object.fromEntries(Object.entries(values).filter(isForTemplates)) };
};

const TEMPLATE_KEYS: readonly string[] = [
  "name",
  "templatedir",
  "templates",
  "job_file",
  "basedir",
  "maxruns",
  "maxjobs",
  "repeat",
  "cluster",
  "email",
  "nodes",
  "ntasks",
  "length",
];

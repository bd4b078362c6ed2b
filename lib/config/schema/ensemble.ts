/**
 * What a configuration may hold. The one source of its checks, of the types of what was written, and of
 * `lib/schema/ensemble.schema.json`, from which editors complete keys and show these descriptions.
 */
import { z } from "zod";
import { concurrency, flag, name, relativeFile, text, variables } from "./kinds.js";
import { TASKS } from "./tasks.js";

const anyText = z.string({ error: "a text" });
const numberOrText = z.union([z.number(), z.string()], { error: "a number or a text" });
const names = z.array(text, { error: "a list of batch names, as in `[first, second]`" });

/** What `batch_config` may hold too: defaults for every batch. */
const common = {
  templatedir: text.meta({ description: "Every run directory is a copy of this one. Relative to basedir." }),
  templates: z.array(relativeFile, { error: "a list of file names" }).meta({
    description: "Files of it that are rendered with a run's variables: x.sh.j2 becomes x.sh.",
  }),
  job_file: relativeFile.meta({ description: "What is submitted, relative to the run directory." }),
  runs: z.array(variables, { error: "a list of mappings, one for each run" }).meta({
    description: "One mapping of variables for each run.",
  }),
  maxruns: concurrency.meta({ description: "How many runs may be in progress at once: pre_run, job and post_run." }),
  maxjobs: concurrency.meta({ description: "How many jobs of a batch may be in the scheduler at once." }),
  cluster: anyText.meta({ description: "For templates: the partition." }),
  email: anyText.meta({ description: "For templates: where the scheduler writes to." }),
  nodes: numberOrText.meta({ description: "For templates: how many nodes." }),
  ntasks: z.number({ error: "a number" }).meta({ description: "For templates: how many tasks on a node." }),
  length: numberOrText.meta({ description: "For templates: the wall time, in minutes or as HH:MM:SS." }),
  repeat: flag.meta({
    description: "Start the batch again and again, until a pre_batch or post_batch check with `fail: true` fails.",
  }),
  pre_batch: TASKS.meta({ description: "Tasks before the runs of a batch, in basedir." }),
  pre_run: TASKS.meta({ description: "Tasks before the job of each run, in its directory." }),
  post_run: TASKS.meta({ description: "Tasks after the job of each run, in its directory." }),
  post_batch: TASKS.meta({ description: "Tasks after all runs of a batch, in basedir." }),
  post_run_on_failure: flag.meta({ description: "Do post_run for runs whose job failed, too." }),
  guard: flag.meta({
    description:
      "Whether job scripts get a few words before their first command, by which a scheduler cannot have their work done twice.",
  }),
  allow_remove: z.array(text, { error: "a list of directories" }).meta({
    description: "Directories below which `remove` may remove what is no run directory of the batch.",
  }),
  template_engine: z.enum(["builtin", "python"], { error: "`builtin` or `python`" }).meta({
    description: "Who renders Jinja templates: this program, or `python3` with jinja2.",
  }),
  undefined: z.enum(["error", "empty"], { error: "`error` or `empty`" }).meta({
    description:
      "What a template's use of a variable that is not defined is: a mistake, or nothing, as in the Python tool.",
  }),
};

/** What each batch has to say for itself. */
const own = {
  name: name.meta({ description: "Prefix of the ids of its runs: <name>-<index>." }),
  basedir: text.meta({ description: "Where run directories are made. Relative to where the command is started." }),
};

const after = names.optional().meta({ description: "Batches that have to end before this one starts." });

export const BATCH_CONFIG = z.strictObject(common, { error: "a mapping of keys of a batch" }).partial();
export const BATCH = z
  .strictObject({ ...own, ...BATCH_CONFIG.shape, after }, { error: "a mapping, `- name: …` and so on" })
  .meta({ id: "batch", description: "Runs that share one configuration." });

export const ENSEMBLE = z.strictObject(
  {
    vars: variables.nullish().meta({ description: "Defaults of template variables." }),
    pre_process: TASKS.meta({ description: "Tasks before any batch, where the command is started." }),
    post_process: TASKS.meta({ description: "Tasks after every batch, where the command is started." }),
    batch_config: BATCH_CONFIG.nullish().meta({ description: "Defaults for every batch; a batch's own key wins." }),
    batches: z
      .array(BATCH, { error: "a list of batches" })
      .meta({ description: "Batches, which run at the same time." }),
  },
  { error: "a mapping with `batches`" },
);

export const CONFIGURATION = z
  .strictObject({ ensemble: ENSEMBLE }, { error: "a mapping with the key `ensemble`" })
  .meta({
    title: "A model ensemble",
    description: "The configuration of model-ensembler.",
  });

/** Keys that every batch needs, in itself or in `batch_config`. */
export const REQUIRED_KEYS = ["templatedir", "templates", "runs", "maxruns", "maxjobs"] as const;

type PartialBatch = z.infer<typeof BATCH>;

/** What was written for a batch, its own keys and those of `batch_config` together. */
export type CompleteBatch = PartialBatch & {
  readonly [K in (typeof REQUIRED_KEYS)[number]]: NonNullable<PartialBatch[K]>;
};

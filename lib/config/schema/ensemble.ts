/**
 * The schema of a configuration: the only source of its checks, of the types of its parts, and of
 * `lib/schema/ensemble.schema.json`, from which editors complete keys and show these descriptions.
 */
import { z } from "zod";
import { concurrency, flag, name, relativeFile, text, variables } from "./kinds.js";
import { TASKS } from "./tasks.js";

const anyText = z.string({ error: "a string" });
const numberOrText = z.union([z.number(), z.string()], { error: "a number or a string" });
const order = {
  error:
    "a list of batch names, as in `[first, second]`, or a mapping with `success` or `end`, as in `{first: success}`",
};

/** The keys that a batch and `batch_config` may hold; in `batch_config` they are defaults for every batch. */
const common = {
  templatedir: text.meta({ description: "The directory that is copied for each run. Relative to basedir." }),
  templates: z.array(relativeFile, { error: "a list of file names" }).meta({
    description: "Files of templatedir that are rendered with the run's variables: x.sh.j2 becomes x.sh.",
  }),
  job_file: relativeFile.meta({
    description:
      "The job script to submit, relative to the run directory. Without it, a run consists of its tasks alone.",
  }),
  runs: z.array(variables, { error: "a list of mappings, one for each run" }).meta({
    description: "One mapping of variables for each run.",
  }),
  maxruns: concurrency.meta({
    description: "The most runs that may be in progress at once, from pre_run to post_run.",
  }),
  maxjobs: concurrency.meta({ description: "The most jobs of a batch that may be in the scheduler at once." }),
  cluster: anyText.meta({ description: "For templates: the partition." }),
  email: anyText.meta({ description: "For templates: the address for mail from the scheduler." }),
  nodes: numberOrText.meta({ description: "For templates: the number of nodes." }),
  ntasks: z.number({ error: "a number" }).meta({ description: "For templates: the number of tasks on each node." }),
  length: numberOrText.meta({ description: "For templates: the wall time, in minutes or as HH:MM:SS." }),
  repeat: flag.meta({
    description: "Start the batch again and again, until a pre_batch or post_batch check with `fail: true` fails.",
  }),
  pre_batch: TASKS.meta({ description: "Tasks before the runs of a batch, in basedir." }),
  pre_run: TASKS.meta({ description: "Tasks before the job of each run, in its directory." }),
  post_run: TASKS.meta({ description: "Tasks after the job of each run, in its directory." }),
  post_batch: TASKS.meta({ description: "Tasks after all runs of a batch, in basedir." }),
  post_run_on_failure: flag.meta({
    description: "Run post_run after a failed job, too. The run counts as failed either way.",
  }),
  guard: flag.meta({
    description:
      "Add a guard before the first command of each job script, so that a job that the scheduler starts twice does its work once.",
  }),
  allow_remove: z.array(text, { error: "a list of directories" }).meta({
    description: "Further directories below which `remove` may remove, besides basedir.",
  }),
  template_engine: z.enum(["builtin", "python"], { error: "`builtin` or `python`" }).meta({
    description: "The program that renders Jinja templates: this one (builtin), or python3 with jinja2 (python).",
  }),
  undefined: z.enum(["error", "empty"], { error: "`error` or `empty`" }).meta({
    description: "Whether an undefined variable in a template is an error, or empty text as in the Python tool.",
  }),
};

/** The keys that each batch must have itself. */
const own = {
  name: name.meta({ description: "The name of the batch. Its runs have the ids <name>-<index>." }),
  basedir: text.meta({
    description:
      "The directory that holds the run directories. Relative to the directory in which the program is started.",
  }),
};

const after = z
  .union([z.array(text, order), z.record(text, z.enum(["success", "end"], order), order)], order)
  .optional()
  .meta({
    description:
      "Batches that must finish before this one starts. In a mapping, `success` says that they must have succeeded.",
  });

export const BATCH_CONFIG = z.strictObject(common, { error: "a mapping of batch keys" }).partial();
export const BATCH = z
  .strictObject({ ...own, ...BATCH_CONFIG.shape, after }, { error: "a mapping, such as `- name: …`" })
  .meta({ id: "batch", description: "Runs that share one configuration." });

export const ENSEMBLE = z.strictObject(
  {
    compat: z
      .enum(["python", "none"], { error: "`python` or `none`" })
      .nullish()
      .meta({ description: "With `python`, a failed `execute` is ignored, as the Python tool ignores it." }),
    vars: variables.nullish().meta({ description: "Default values of template variables." }),
    pre_process: TASKS.meta({
      description: "Tasks before all batches, in the directory in which the program is started.",
    }),
    post_process: TASKS.meta({
      description: "Tasks after all batches, in the directory in which the program is started.",
    }),
    batch_config: BATCH_CONFIG.nullish().meta({
      description: "Default keys for every batch; a batch's own key overrides them.",
    }),
    batches: z
      .array(BATCH, { error: "a list of batches" })
      .meta({ description: "The batches. They run at the same time, unless `after` orders them." }),
  },
  { error: "a mapping with `batches`" },
);

const $schema = anyText.nullish().meta({
  description: "The address of a schema, for editors. The program does not use it.",
});

export const CONFIGURATION = z
  .strictObject({ $schema, ensemble: ENSEMBLE }, { error: "a mapping with the key `ensemble`" })
  .meta({
    title: "A model ensemble",
    description: "The configuration of model-ensembler.",
  });

/** Keys that every batch needs, in the batch or in `batch_config`. */
export const REQUIRED_KEYS = ["templatedir", "templates", "runs", "maxruns", "maxjobs"] as const;

type PartialBatch = z.infer<typeof BATCH>;

/** The keys of a batch, merged with those of `batch_config`. */
export type CompleteBatch = PartialBatch & {
  readonly [K in (typeof REQUIRED_KEYS)[number]]: NonNullable<PartialBatch[K]>;
};

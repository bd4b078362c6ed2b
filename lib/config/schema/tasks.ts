/** The schema of tasks: the seven tasks, and the arguments of each. */
import { z } from "zod";
import { seconds, text } from "./kinds.js";

const anyText = z.string({ error: "a string" });
const REFERENCE = /^run\.[^\n]+$/;

const flagError = { error: "true, false or `run.<variable>`" };
const flagOrReference = z.union([z.boolean(), z.number(), z.string().regex(REFERENCE, flagError)], flagError);

/** A number, with or without quotes: the Python tool accepts both. */
const countOrReference = (least: number) => {
  const error = { error: `a whole number of at least ${least}, or \`run.<variable>\`` };
  const digits = least === 0 ? "[0-9]+" : "0*[1-9][0-9]*";
  return z.union(
    [z.int(error).min(least, error), z.string().regex(new RegExp(`^(?:run\\.[^\\n]+|${digits})$`), error)],
    error,
  );
};

const patternError = { error: "a pattern or a list of patterns, as strings" };
const patterns = z.union([text, z.array(text, patternError)], patternError).nullish();

const optionsError = { error: "an option of rsync or a list of options, as strings" };
const options = z.union([text, z.array(text, optionsError)], optionsError).nullish();

const command = {
  cmd: text.meta({ description: "The shell command." }),
  cwd: text.nullish().meta({
    description:
      "The working directory; by default the run directory, basedir or the starting directory, depending on the list.",
  }),
  log: flagOrReference
    .nullish()
    .meta({ description: "Write the output of the command to execute_command.<time>.log in its directory." }),
  shell: text
    .nullish()
    .meta({ description: "The shell that runs the command; by default the shell of the command line, or /bin/bash." }),
};

const argumentError = { error: "a mapping of arguments" };

/** The arguments of each task. */
export const ARGUMENTS = {
  check: z.strictObject(
    {
      ...command,
      fail: flagOrReference
        .nullish()
        .meta({ description: "Whether the task fails as soon as the command fails, instead of running it again." }),
    },
    argumentError,
  ),
  jobs: z.strictObject(
    {
      limit: countOrReference(1).meta({ description: "Wait until fewer jobs than this are in the scheduler." }),
      match: anyText.meta({ description: "Count only the jobs whose names start with this text." }),
    },
    argumentError,
  ),
  quota: z.strictObject(
    {
      atleast: countOrReference(0).meta({
        description: "Wait until at least this much of the user quota is left, in kB.",
      }),
      mnt: text.nullish().meta({ description: "The file system whose quota to check." }),
    },
    argumentError,
  ),
  execute: z.strictObject(
    {
      ...command,
      idempotent: z
        .boolean({ error: "true or false" })
        .nullish()
        .meta({ description: "Whether the command may run again if the program ended while the command ran." }),
      ignore_failure: z
        .boolean({ error: "true or false" })
        .nullish()
        .meta({ description: "Whether what follows the task goes on after a failure of the command." }),
    },
    argumentError,
  ),
  move: z.strictObject(
    {
      dest: text.meta({ description: "Copy the run directory to <dest>/<run.id>/. A directory, or host:directory." }),
      include: patterns.meta({ description: "The patterns of files to copy, as for rsync's --include." }),
      exclude: patterns.meta({
        description:
          "The patterns of files not to copy, as for rsync's --exclude; `*` by default if there is an include.",
      }),
      options: options.meta({
        description: "Further options of rsync, such as --chmod=g+rwX or --no-perms; only those that cannot harm.",
      }),
      cwd: command.cwd,
      allow_empty: z
        .boolean({ error: "true or false" })
        .nullish()
        .meta({ description: "Whether the task succeeds even if `include` and `exclude` leave no file to copy." }),
    },
    argumentError,
  ),
  remove: z.strictObject(
    {
      directory: text.nullish().meta({ description: "The directory to remove; by default the run directory." }),
    },
    argumentError,
  ),
  submit: z.strictObject(
    {
      script: text.nullish().meta({ description: "The job script to submit, besides the run's own job." }),
    },
    argumentError,
  ),
} as const;

const DESCRIPTIONS = {
  check: "Waits until a command ends with exit status 0.",
  jobs: "Waits until few enough jobs are in the scheduler.",
  quota: "Waits until enough of the user quota is left.",
  execute: "Runs a command to its end.",
  move: "Copies the run directory to another place, with rsync.",
  remove: "Removes a directory, by default the run directory.",
  submit: "Submits one more job, and does not wait for it.",
} as const;

const task = <N extends keyof typeof DESCRIPTIONS, A extends z.ZodType>(kind: N, args: A) =>
  z
    .strictObject(
      {
        name: z.literal(kind).meta({ description: DESCRIPTIONS[kind] }),
        args: args.meta({
          description: "The arguments of the task. `run.<variable>` stands for the value of that variable.",
        }),
        value: z
          .number({ error: "a number" })
          .nullish()
          .meta({ description: "Accepted and not used, as in the Python tool." }),
        timeout: seconds.nullish().meta({ description: "The task fails after this many seconds." }),
      },
      { error: "a task, `- name: …`" },
    )
    .meta({ description: DESCRIPTIONS[kind] });

export const TASK = z
  .discriminatedUnion(
    "name",
    [
      task("check", ARGUMENTS.check),
      task("jobs", ARGUMENTS.jobs),
      task("quota", ARGUMENTS.quota),
      task("execute", ARGUMENTS.execute),
      task("move", ARGUMENTS.move),
      task("remove", ARGUMENTS.remove.nullish()),
      task("submit", ARGUMENTS.submit.nullish()),
    ],
    { error: "a task, `- name: …`" },
  )
  .meta({ id: "task", description: "One step: a check, which waits until a condition holds, or an action." });

export const TASKS = z.array(TASK, { error: "a list of tasks, `- name: …`" }).nullish();

export const TASK_KEYS: readonly string[] = Object.keys(TASK.options[0].shape);

/** What a task may hold: the seven tasks, and the arguments of each. */
import { z } from "zod";
import { seconds, text } from "./kinds.js";

const anyText = z.string({ error: "a text" });
const REFERENCE = /^run\.[^\n]+$/;

const flagWords = { error: "true, false or `run.<variable>`" };
const flagOrReference = z.union([z.boolean(), z.number(), z.string().regex(REFERENCE, flagWords)], flagWords);

/** A number, as it is or in quotes, as the Python tool takes both. */
const countOrReference = (least: number) => {
  const words = { error: `a whole number of at least ${least}, or \`run.<variable>\`` };
  const digits = least === 0 ? "[0-9]+" : "0*[1-9][0-9]*";
  return z.union(
    [z.int(words).min(least, words), z.string().regex(new RegExp(`^(?:run\\.[^\\n]+|${digits})$`), words)],
    words,
  );
};

const patternWords = { error: "a pattern or a list of patterns, as texts" };
const patterns = z.union([text, z.array(text, patternWords)], patternWords).nullish();

const command = {
  cmd: text.meta({ description: "The command, for the shell." }),
  cwd: text
    .nullish()
    .meta({ description: "Its working directory; by default the run's, the batch's or the starting directory." }),
  log: flagOrReference
    .nullish()
    .meta({ description: "Write its output to execute_command.<time>.log in its directory." }),
  shell: text
    .nullish()
    .meta({ description: "The shell that runs it; by default /bin/bash or that of the command line." }),
};

const argumentWords = { error: "a mapping of arguments" };

/** The arguments of each task. */
export const ARGUMENTS = {
  check: z.strictObject(
    {
      ...command,
      fail: flagOrReference
        .nullish()
        .meta({ description: "Fail at once where the command fails, instead of trying again." }),
    },
    argumentWords,
  ),
  jobs: z.strictObject(
    {
      limit: countOrReference(1).meta({ description: "Go on when fewer jobs than this are in the scheduler." }),
      match: anyText.meta({ description: "Count jobs whose names start with this." }),
    },
    argumentWords,
  ),
  quota: z.strictObject(
    {
      atleast: countOrReference(0).meta({
        description: "Go on when at least so much of the user quota is left, in kB.",
      }),
      mnt: text.nullish().meta({ description: "The file system whose quota is meant." }),
    },
    argumentWords,
  ),
  execute: z.strictObject(
    {
      ...command,
      idempotent: z
        .boolean({ error: "true or false" })
        .nullish()
        .meta({ description: "It may be done again if the program ended while it was being done." }),
    },
    argumentWords,
  ),
  move: z.strictObject(
    {
      dest: text.meta({ description: "Copy the run directory into <dest>/<run.id>/; a directory, or host:directory." }),
      include: patterns.meta({ description: "What to copy, as rsync's --include." }),
      exclude: patterns.meta({
        description: "What to leave out, as rsync's --exclude; `*` where there is only include.",
      }),
      cwd: command.cwd,
    },
    argumentWords,
  ),
  remove: z.strictObject(
    {
      directory: text.nullish().meta({ description: "What to remove; by default the run's directory." }),
    },
    argumentWords,
  ),
  submit: z.strictObject(
    {
      script: text.nullish().meta({ description: "A job script, handed to the scheduler besides the run's own job." }),
    },
    argumentWords,
  ),
} as const;

const DESCRIPTIONS = {
  check: "Waits until a command ends with exit status 0.",
  jobs: "Waits until there are few enough jobs in the scheduler.",
  quota: "Waits until enough of the user quota is left.",
  execute: "Runs a command to its end.",
  move: "Copies the run directory to another place, with rsync.",
  remove: "Removes a directory, by default the run's.",
  submit: "Hands one more job to the scheduler; it is not waited for.",
} as const;

const task = <N extends keyof typeof DESCRIPTIONS, A extends z.ZodType>(kind: N, args: A) =>
  z
    .strictObject(
      {
        name: z.literal(kind).meta({ description: DESCRIPTIONS[kind] }),
        args: args.meta({
          description: "Its arguments. `run.<variable>` stands for that variable's value.",
        }),
        value: z
          .number({ error: "a number" })
          .nullish()
          .meta({ description: "Taken and not used, as by the Python tool." }),
        timeout: seconds.nullish().meta({ description: "Give up after so many seconds, as a failure." }),
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
  .meta({ id: "task", description: "One step: a check that waits until something holds, or something to be done." });

export const TASKS = z.array(TASK, { error: "a list of tasks, `- name: …`" }).nullish();

export const TASK_KEYS: readonly string[] = Object.keys(TASK.options[0].shape);

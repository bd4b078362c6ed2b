/** The text of a plan, and of one run in it. */
import {
  type Batch,
  type Ensemble,
  isVariables,
  pairsOf,
  type Run,
  type Settings,
  skipCause,
  type Task,
  type Value,
  type Variables,
} from "../../lib/index.js";
import { count, printable, withCommas } from "./format.js";

export interface PlanTextOptions {
  readonly settings: Settings;
  readonly backend: string;
  /** Whether to list every run. Otherwise a long list shows only its first and last runs. */
  readonly all: boolean;
}

export const planText = (ensemble: Ensemble, options: PlanTextOptions): string => {
  const { batches, pre_process, post_process } = ensemble;
  const runs = batches.reduce((sum, batch) => sum + batch.runs.length, 0);
  return text([
    `${ensemble.name}: ${count(batches.length, "batch", "batches")}, ${count(runs, "run")}, jobs go to ${options.backend}`,
    ...titled("before all batches, in", ensemble.directory, taskLines("pre_process", pre_process, options.settings)),
    ...batches.flatMap((batch) => ["", ...batchLines(batch, options)]),
    ...titled("after all batches, in", ensemble.directory, taskLines("post_process", post_process, options.settings)),
  ]);
};

/** The run's variables, then each of its rendered files. */
export const runText = (
  run: Run,
  variables: Variables,
  files: readonly { readonly file: string; readonly text: string }[],
): string => {
  const width = Math.max(...Object.keys(variables).map((name) => name.length));
  return text([
    `${run.id} in ${printable(run.directory)}`,
    "",
    ...Object.entries(variables).map(([name, value]) => `  run.${name.padEnd(width)}  ${valueText(value)}`),
    // Files are not escaped, so that a user can copy them.
    ...files.flatMap((file) => ["", `--- ${printable(file.file)}`, file.text.replace(/\n$/, "")]),
  ]);
};

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

const titled = (title: string, directory: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", `${title} ${printable(directory)}:`, ...lines];

const batchLines = (batch: Batch, options: PlanTextOptions): readonly string[] => {
  const { settings } = options;
  const included = batch.runs.filter((run) => skipCause(run, settings) === undefined);
  const job = settings.submission ? batch.job_file : undefined;
  return [
    `batch ${printable(batch.name)}: ${count(included.length, "run")}${leftOutOf(batch, included)}, up to ${withCommas(batch.maxruns)} at once, up to ${count(batch.maxjobs, "job")} at once`,
    ...(batch.after.length > 0
      ? [`  starts after  ${batch.after.map((name) => afterText(batch, name)).join(", ")}`]
      : []),
    ...(batch.repeat ? ["  repeats       until a check with `fail: true` in pre_batch or post_batch fails"] : []),
    `  directories   ${printable(batch.basedir)}`,
    `  copies of     ${printable(batch.templatedir)}`,
    `  rendered      ${batch.templates.map(printable).join(", ") || "nothing"}`,
    ...taskLines("pre_batch", batch.pre_batch, settings),
    ...taskLines("pre_run", batch.pre_run, settings),
    `  job           ${job === undefined ? "none" : printable(job)}`,
    ...taskLines("post_run", batch.post_run, settings),
    ...taskLines("post_batch", batch.post_batch, settings),
    ...runLines(included, options.all),
  ];
};

const afterText = ({ needs }: Batch, name: string): string =>
  needs.includes(name) ? `${printable(name)} (if it succeeds)` : printable(name);

const leftOutOf = (batch: Batch, included: readonly Run[]): string =>
  included.length === batch.runs.length ? "" : ` (${withCommas(batch.runs.length - included.length)} left out)`;

const taskLines = (list: string, tasks: readonly Task[], settings: Settings): readonly string[] =>
  tasks.map((task, index) => `  ${`${list}[${index}]`.padEnd(13)} ${taskText(task, settings)}`);

const taskText = (task: Task, settings: Settings): string => {
  const args = Object.entries(task.args).map(([name, value]) => `${name}: ${valueText(value as Value)}`);
  const checks = task.name === "check" || task.name === "jobs" || task.name === "quota";
  const note = checks ? checkNote(task, settings) : "";
  return [task.name.padEnd(8), args.join(", "), note].filter(Boolean).join(" ").trimEnd();
};

const checkNote = (task: Task, settings: Settings): string => {
  if (!settings.checks) return "(not run: --no-checks)";
  const once = task.name === "check" && task.args.fail === true;
  return once ? "(once)" : `(every ${settings.check_timeout} s until it holds)`;
};

const SHORT_LIST = 10;
const FIRST = 5;
const LAST = 2;

const runLines = (runs: readonly Run[], all: boolean): readonly string[] => {
  const width = Math.max(0, ...runs.slice(-1).map(({ id }) => id.length));
  const line = ({ id, own }: Run) => `    ${printable(id).padEnd(width)}  ${variablesText(own)}`.trimEnd();
  if (runs.length === 0) return [];
  if (all || runs.length <= SHORT_LIST) return ["  runs", ...runs.map(line)];
  const between = runs.length - FIRST - LAST;
  return [
    "  runs",
    ...runs.slice(0, FIRST).map(line),
    `    … ${count(between, "more run", "more runs")}: --all lists them`,
    ...runs.slice(-LAST).map(line),
  ];
};

/** A run's own variables on one line. */
const variablesText = (own: Variables): string => {
  const line = Object.entries(own)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
};

/** A value in the notation of the configuration, on one line. */
const valueText = (value: Value): string => {
  if (typeof value === "string") return /^[\w./:@%+-]+$/.test(value) ? value : printable(JSON.stringify(value));
  if (isList(value)) return `[${value.map(valueText).join(", ")}]`;
  if (isVariables(value)) return `{${pairsOf(value).map(pair).join(", ")}}`;
  return String(value);
};

const pair = ([key, value]: readonly [Value, Value]): string => `${valueText(key)}: ${valueText(value)}`;

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

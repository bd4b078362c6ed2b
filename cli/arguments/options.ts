/** The options of `run`, `validate` and `plan`, as commander declares them. */
import { Argument, InvalidArgumentError, Option } from "commander";
import { BACKENDS, DEFAULT_BACKEND, type NamedBackend } from "../../lib/backends/names.js";
import type { Compat, Settings } from "../../lib/index.js";

/** The options as commander returns them, under its names; absent if not given. */
export interface Flags {
  readonly checks: boolean;
  readonly submission: boolean;
  readonly pickup?: true;
  readonly shell?: string;
  readonly skips?: number;
  readonly indexes?: readonly number[];
  readonly checkTimeout?: number;
  readonly submitTimeout?: number;
  readonly runningTimeout?: number;
  readonly errorTimeout?: number;
  readonly maxStagger?: number;
  readonly extraVars?: readonly (readonly [name: string, value: string])[];
  readonly verbose?: true;
  readonly daemon?: boolean;
  readonly simulate?: string;
  readonly backend?: string;
  readonly compat?: Compat;
  readonly json?: true;
  readonly log?: string;
  readonly stateDir?: string;
  readonly retryFailed?: true | readonly string[];
  readonly acceptChanges?: true;
  readonly fresh?: true;
  readonly yes?: true;
  readonly takeOver?: true;
  readonly show?: string;
  readonly all?: true;
}

export const configurationArgument = () => new Argument("<configuration>", "the ensemble, a YAML file");
export const backendArgument = () =>
  new Argument("[backend]", `where jobs go: ${BACKENDS.map(backendHelp).join(", ")}`).choices(
    BACKENDS.flatMap(({ name, aliases }) => [name, ...aliases]),
  );

/** `slurm (the default)`, `dummy (this machine)`. */
const backendHelp = ({ name, title, queues }: NamedBackend): string => {
  const remark = name === DEFAULT_BACKEND ? "the default" : queues ? undefined : title;
  return remark === undefined ? name : `${name} (${remark})`;
};

/** The options of the Python tool, in its spelling. The help also shows the forms of two letters that `normalise.ts` rewrites. */
export const pythonToolOptions = (): Option[] => [
  ...inGroup("What to run:", [
    new Option("-k, --skips <n>", "skip the first n runs of each batch").argParser(runCount),
    new Option("-i, --indexes <list>", "run only these indexes: 0,3,4").argParser(indexes),
    new Option("-x, --extra-vars <a=1...>", "variables that override all others").argParser(variablePairs),
    new Option("-c, --no-checks", "skip all checks: each counts as passed"),
    new Option("-s, --no-submission", "do everything except the jobs themselves"),
    new Option("-p, --pickup", "keep run directories, render templates again"),
  ]),
  ...inGroup("How to run it:", [
    new Option("-d, --daemon", "run in the background, even after logout"),
    new Option("-n, --no-daemon", "stay in the foreground (the default)"),
    new Option("-l, --shell <path>", "the shell for commands (default: /bin/bash)").argParser(shellPath),
    new Option("-v, --verbose", "write every event to the log"),
  ]),
  ...inGroup("Times, in whole seconds:", [
    new Option("--check-timeout <s>", "between polls of a check (default: 30)").argParser(seconds),
    new Option("--submit-timeout <s>", "between polls while a job registers (default: 20)").argParser(seconds),
    new Option("--running-timeout <s>", "between polls while a job runs (default: 60)").argParser(seconds),
    new Option("--error-timeout <s>", "after a poll that failed (default: 120)").argParser(seconds),
    new Option("--max-stagger <s>", "longest wait before a submission (default: 1)").argParser(seconds),
  ]),
];

/** Options that only this program has. They have no short form, so that no short form of the Python tool changes its meaning. */
export const addedOptions = {
  simulate: () =>
    new Option("--simulate <spec>", "simulate the jobs: 'time=1..5s fail=0.1'").helpGroup("How to run it:"),
  backend: () =>
    new Option("--backend <file.js>", "a module of your own that submits the jobs")
      .argParser(modulePath)
      .helpGroup("How to run it:"),
  resuming: () =>
    inGroup("Resuming:", [
      new Option("--retry-failed [=causes]", "retry failed runs: all, or =job:timeout,command").argParser(causes),
      new Option("--accept-changes", "resume what has changed: runs, or the project's place"),
      new Option("--fresh", "move the ensemble's state aside and start over"),
      new Option("--yes", "do not ask before --fresh"),
      new Option("--state-dir <path>", "where the journal is (default: .ensemble/<name>)").argParser(directoryPath),
      new Option("--take-over", "resume in place of a dead instance on another host"),
    ]),
  compat: () =>
    new Option("--compat <tool>", "with `python`, go on after a failed `execute`")
      .choices(["python", "none"])
      .helpGroup("How to run it:"),
  json: (text: string) => new Option("--json", text).helpGroup("Output:"),
  log: () =>
    new Option("--log <file>", "where the log goes (default: logs/<file name>.log)")
      .argParser(logPath)
      .helpGroup("Output:"),
  show: () => new Option("--show <run>", "one run: its variables and its rendered files").helpGroup("Output:"),
  all: () => new Option("--all", "list every run, however many there are").helpGroup("Output:"),
};

/** The settings given on the command line, without defaults. */
export const settingsIn = (flags: Flags): Partial<Settings> => {
  const settings = {
    checks: flags.checks,
    submission: flags.submission,
    pickup: flags.pickup,
    shell: flags.shell,
    compat: flags.compat,
    skips: flags.skips,
    indexes: flags.indexes,
    check_timeout: flags.checkTimeout,
    submit_timeout: flags.submitTimeout,
    running_timeout: flags.runningTimeout,
    error_timeout: flags.errorTimeout,
    max_stagger: flags.maxStagger,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
};

const inGroup = (heading: string, options: readonly Option[]): Option[] =>
  options.map((option) => option.helpGroup(heading));

const integer = (text: string): number => {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
};

const seconds = (text: string): number => {
  const number = integer(text);
  if (number < 0) throw new InvalidArgumentError("Expected a number of seconds, 0 or more.");
  return number;
};

const runCount = (text: string): number => {
  const number = integer(text);
  if (number < 0) throw new InvalidArgumentError("Expected a number of runs, 0 or more.");
  return number;
};

const indexes = (text: string): readonly number[] => {
  if (!/^(\d+,)*\d+$/.test(text)) throw new InvalidArgumentError("Expected indexes with commas between them: 0,3,4.");
  return text.split(",").map(Number);
};

const shellPath = (text: string): string => {
  if (text === "" || text.startsWith("-")) throw new InvalidArgumentError("Expected the path of a shell.");
  return text;
};

const causes = (text: string): true | readonly string[] => {
  const words = text.split(",").filter((word) => word !== "");
  if (words.length === 0)
    throw new InvalidArgumentError("Expected causes with commas between them: job:timeout,command.");
  return words.includes("all") ? true : words;
};

const modulePath = (text: string): string => {
  if (text === "" || text.startsWith("-")) throw new InvalidArgumentError("Expected the path of a module.");
  return text;
};

const logPath = (text: string): string => {
  if (text === "" || text.startsWith("-")) throw new InvalidArgumentError("Expected the path of a file.");
  return text;
};

const directoryPath = (text: string): string => {
  if (text === "") throw new InvalidArgumentError("Expected the path of a directory.");
  return text;
};

type VariablePairs = NonNullable<Flags["extraVars"]>;

const variablePairs = (text: string, before: VariablePairs = []): VariablePairs => {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Expected name=value.");
  return [...before, [name, value]];
};

/** The options of every command, as commander declares them. */
import { Argument, InvalidArgumentError, Option } from "commander";
import type { Settings } from "../../lib/index.js";

/** What commander makes of the options: its names for what was given, and nothing for what was not. */
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
  readonly json?: true;
  readonly stateDir?: string;
  readonly retryFailed?: true | readonly string[];
  readonly acceptChanges?: true;
  readonly fresh?: true;
  readonly yes?: true;
  readonly takeOver?: true;
  readonly show?: string;
  readonly all?: true;
}

export const CONFIGURATION_ARGUMENT = () => new Argument("<configuration>", "the ensemble, a YAML file");
export const BACKEND = () =>
  new Argument("[backend]", "slurm, or dummy for this machine (default: slurm)").choices(["slurm", "dummy"]);

/** The options of the reference, in its spelling. The help shows those of two letters as well: `normalise.ts` takes them. */
export const referenceOptions = (): Option[] => [
  ...grouped("What is run:", [
    new Option("-k, --skips <n>", "leave out the first n runs of each batch").argParser(integer),
    new Option("-i, --indexes <list>", "run only these indexes: 0,3,4").argParser(indexes),
    new Option("-x, --extra-vars <a=1...>", "variables that win over all others").argParser(pairs),
    new Option("-c, --no-checks", "let every check hold"),
    new Option("-s, --no-submission", "do everything but the jobs themselves"),
    new Option("-p, --pickup", "keep run directories, render templates again"),
  ]),
  ...grouped("How it is run:", [
    new Option("-d, --daemon", "go on in the background, logged out or not"),
    new Option("-n, --no-daemon", "stay in the foreground (the default)"),
    new Option("-l, --shell <path>", "the shell for commands (default: /bin/bash)").argParser(path),
    new Option("-v, --verbose", "more to the log"),
  ]),
  ...grouped("Times, in whole seconds:", [
    new Option("--check-timeout <s>", "between two looks of a check (default: 30)").argParser(seconds),
    new Option("--submit-timeout <s>", "while a job registers (default: 20)").argParser(seconds),
    new Option("--running-timeout <s>", "while a job runs (default: 60)").argParser(seconds),
    new Option("--error-timeout <s>", "after a look that failed (default: 120)").argParser(seconds),
    new Option("--max-stagger <s>", "longest wait before a submission (default: 1)").argParser(seconds),
  ]),
];

/** Options that the reference does not have: in their long form only, so that they are in the way of nothing. */
export const addedOptions = {
  simulate: () =>
    new Option("--simulate <spec>", "only play the jobs: 'time=1..5s fail=0.1'").helpGroup("How it is run:"),
  backend: () =>
    new Option("--backend <file.js>", "a module that hands jobs over, in place of one of ours")
      .argParser(file)
      .helpGroup("How it is run:"),
  going: () =>
    grouped("How it goes on:", [
      new Option("--retry-failed [=causes]", "try failed runs again: all, or =job:timeout,command").argParser(causes),
      new Option("--accept-changes", "go on with runs that the configuration has changed"),
      new Option("--fresh", "put what was done before aside, and begin anew"),
      new Option("--yes", "--fresh without asking"),
      new Option("--state-dir <path>", "where the journal is (default: .ensemble/<name>)").argParser(directory),
      new Option("--take-over", "go on for an instance on another host that is gone"),
    ]),
  json: (what: string) => new Option("--json", what).helpGroup("What is told:"),
  show: () => new Option("--show <run>", "one run: its variables and its rendered files").helpGroup("What is told:"),
  all: () => new Option("--all", "every run, however many there are").helpGroup("What is told:"),
};

/** The settings that were given. */
export const settingsIn = (flags: Flags): Partial<Settings> => {
  const settings = {
    checks: flags.checks,
    submission: flags.submission,
    pickup: flags.pickup,
    shell: flags.shell,
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

const grouped = (heading: string, options: readonly Option[]): Option[] =>
  options.map((option) => option.helpGroup(heading));

const integer = (text: string): number => {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
};

const seconds = (text: string): number => {
  const number = integer(text);
  if (number < 0) throw new InvalidArgumentError("Expected seconds, so 0 or more.");
  return number;
};

const indexes = (text: string): readonly number[] => {
  if (!/^(\d+,)*\d+$/.test(text)) throw new InvalidArgumentError("Expected indexes with commas between them: 0,3,4.");
  return text.split(",").map(Number);
};

const path = (text: string): string => {
  if (text === "" || text.startsWith("-")) throw new InvalidArgumentError("Expected the path of a shell.");
  return text;
};

const causes = (text: string): true | readonly string[] =>
  text === "all" ? true : text.split(",").filter((word) => word !== "");

const file = (text: string): string => {
  if (text === "" || text.startsWith("-")) throw new InvalidArgumentError("Expected the path of a module.");
  return text;
};

const directory = (text: string): string => {
  if (text === "") throw new InvalidArgumentError("Expected the path of a directory.");
  return text;
};

type Pairs = NonNullable<Flags["extraVars"]>;

const pairs = (text: string, before: Pairs = []): Pairs => {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Expected name=value.");
  return [...before, [name, value]];
};

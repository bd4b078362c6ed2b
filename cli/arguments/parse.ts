/** The parser of the command line: the Python tool's options, and the commands that only this program has. */
import { existsSync } from "node:fs";
import { Command, CommanderError, type Option } from "commander";
import { type BackendName, backendNamed, DEFAULT_BACKEND } from "../../lib/backends/names.js";
import { EXIT, EXIT_STATUSES } from "../exit-status.js";
import { declareJournalCommand, isJournalCommand, JOURNAL_COMMANDS } from "./journal-commands.js";
import { normalise, TWO_LETTERS, variableOptions } from "./normalise.js";
import {
  addedOptions,
  backendArgument,
  configurationArgument,
  type Flags,
  pythonToolOptions,
  settingsIn,
} from "./options.js";
import type { CommandName, ConfigurationRequest, Request } from "./request.js";

/** The request in the words after `model_ensemble`. */
export const parseArguments = (words: readonly string[]): Request => {
  const [first = "", ...rest] = words;
  if (first === "help") return parseArguments([...rest.slice(0, 1), "--help"]);
  if (isJournalCommand(first)) return parseJournalCommand(first, rest);
  return isCommand(first) ? parseCommand(first, rest) : parseCommand("run", words, true);
};

/** The request in the words after `model_ensemble_check`. */
export const parseCheckArguments = (words: readonly string[]): Request =>
  parseWords(declare("check", "model_ensemble_check"), "check", words);

const COMMANDS: Readonly<Record<CommandName, string>> = {
  run: "run the ensemble (the word `run` may be left out)",
  validate: "report every mistake in a configuration and the files it names",
  plan: "show what would happen, without doing it",
  check: "check whether a backend can be used here",
};

const parseJournalCommand = (name: Parameters<typeof declareJournalCommand>[0], words: readonly string[]): Request => {
  const [command, request] = declareJournalCommand(name);
  const answer = captureAnswer(command, () => command.parse([...words], { from: "user" }));
  return answer ?? request(command);
};

const isCommand = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word);

/** `bare`: the user left the command's name out. */
const parseCommand = (name: CommandName, words: readonly string[], bare = false): Request => {
  const request = parseWords(bare ? declareProgram() : declare(name, `model_ensemble ${name}`), name, words);
  if (request.command !== "answer" || request.status === 0) return request;
  const misplaced = bare ? words.find(isCommand) : undefined;
  if (misplaced !== undefined) return withHint(request, `Put the command first: model_ensemble ${misplaced} …`);
  const isFile = !bare && existsSync(name);
  return isFile ? withHint(request, `To run a configuration named ${name}, write ./${name}.`) : request;
};

const withHint = (request: Request & { command: "answer" }, hint: string): Request => ({
  ...request,
  text: `${request.text}${hint}\n`,
});

/** Commander's own answer, if it has one: the help, or an error in the command line. */
const captureAnswer = (command: Command, parse: () => void): Request | undefined => {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  try {
    command.configureOutput({ writeOut: write, writeErr: write }).exitOverride();
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { command: "answer", text, status: error.exitCode === 0 ? EXIT.ok : EXIT.refused };
  }
};

const parseWords = (command: Command, name: CommandName, words: readonly string[]): Request => {
  const known = [{ short: "-h", long: "--help" }, ...pythonToolOptions()];
  const given = new Set<string>();
  for (const option of ["daemon", "no-daemon"]) {
    command.on(`option:${option}`, () => given.add(option));
  }
  const answer = captureAnswer(command, () => {
    command.parse(normalise(words, known, [...command.options, { long: "--version" }]), { from: "user" });
    if (given.size > 1) command.error("error: -d and -n contradict each other");
    const backend = command.args[name === "check" ? 0 : 1];
    if (command.opts<Flags>().backend !== undefined && backend !== undefined) {
      command.error(`error: name one backend: either ${backend} or --backend`);
    }
  });
  return answer ?? requestOf(name, command, variableOptions(words, known));
};

const requestOf = (name: CommandName, command: Command, variableOptions: number): Request => {
  const flags = command.opts<Flags>();
  const module = flags.backend !== undefined && { backendFile: flags.backend };
  if (name === "check") return { command: "check", backend: backendOf(command.args[0]), ...module };
  const shared: ConfigurationRequest = {
    configuration: command.args[0] ?? "",
    backend: backendOf(command.args[1]),
    settings: settingsIn(flags),
    extra: Object.fromEntries(flags.extraVars ?? []),
    ...(flags.simulate !== undefined && { simulate: flags.simulate }),
    ...module,
    json: flags.json ?? false,
  };
  switch (name) {
    case "run":
      return {
        command: name,
        ...shared,
        detach: flags.daemon ?? false,
        verbose: flags.verbose ?? false,
        ...(flags.log !== undefined && { log: flags.log }),
        ...(flags.stateDir !== undefined && { stateDir: flags.stateDir }),
        retry: flags.retryFailed ?? false,
        acceptChanges: flags.acceptChanges ?? false,
        fresh: flags.fresh ?? false,
        yes: flags.yes ?? false,
        takeOver: flags.takeOver ?? false,
      };
    case "validate":
      return { command: name, ...shared, ...(variableOptions > 1 && { variableOptions }) };
    case "plan":
      return {
        command: name,
        ...shared,
        all: flags.all ?? false,
        ...(flags.show !== undefined && { show: flags.show }),
      };
  }
};

/** The backend with that name or alias; commander has refused all other words. */
const backendOf = (word = ""): BackendName => backendNamed(word)?.name ?? DEFAULT_BACKEND;

const declare = (name: CommandName, programName: string): Command => {
  const command = new Command(programName)
    .description(`${capitalised(COMMANDS[name])}.`)
    .helpOption("-h, --help", "show this help");
  command
    .configureHelp({ optionTerm, argumentDescription: ({ description }) => description })
    .showHelpAfterError(`(see ${programName} --help)`);
  if (name === "check") return command.addArgument(backendArgument()).addOption(addedOptions.backend());
  command.addArgument(configurationArgument()).addArgument(backendArgument());
  const added = COMMAND_OPTIONS[name]();
  const shared = pythonToolOptions();
  // A user can put `validate` or `plan` before a long command line of `run`: both accept all options of `run`, and their help shows the few that matter.
  if (name !== "run")
    for (const option of shared) option.hideHelp(!RELEVANT_OPTIONS[name].includes(option.attributeName()));
  for (const option of [...shared, ...added]) command.addOption(option);
  return command;
};

const COMMAND_OPTIONS: Readonly<Record<Exclude<CommandName, "check">, () => readonly Option[]>> = {
  run: () => [
    ...addedOptions.resuming(),
    addedOptions.compat(),
    addedOptions.simulate(),
    addedOptions.backend(),
    addedOptions.json("every event as a line of JSON on stdout"),
    addedOptions.log(),
  ],
  validate: () => [
    addedOptions.compat(),
    addedOptions.simulate().hideHelp(),
    addedOptions.backend().hideHelp(),
    addedOptions.json("the mistakes as JSON on stdout"),
  ],
  plan: () => [
    addedOptions.show(),
    addedOptions.all(),
    addedOptions.compat(),
    addedOptions.json("the plan as JSON on stdout"),
    addedOptions.simulate().hideHelp(),
    addedOptions.backend().hideHelp(),
  ],
};

const RELEVANT_OPTIONS: Readonly<Record<"validate" | "plan", readonly string[]>> = {
  validate: ["extraVars", "pickup"],
  plan: ["extraVars", "skips", "indexes", "checks", "submission", "checkTimeout"],
};

/** The `run` command without its name. Its help covers the whole program. */
const declareProgram = (): Command => {
  const command = declare("run", "model_ensemble")
    .description("Runs an ensemble of model runs: one YAML file in, thousands of runs out.")
    // The library has a version too, but loading the library would make `--help` take half as long again.
    .version(process.env.MODEL_ENSEMBLER_VERSION ?? "0.0.0", "--version", "show the version")
    .usage(
      "[run] [options] <configuration> [backend]\n       model_ensemble validate|plan|check|status|replay|journal|cancel …",
    );
  const commands = Object.entries({ ...COMMANDS, ...JOURNAL_COMMANDS }).map(([name, what]): OptionRow => [name, what]);
  return command
    .addHelpText("after", table("Commands:", commands))
    .addHelpText("after", table("Examples:", EXAMPLES))
    .addHelpText("after", table("Exit statuses:", EXIT_STATUSES))
    .addHelpText("after", `\n${SIGNALS}`);
};

type OptionRow = readonly [left: string, right: string];

const EXAMPLES: readonly OptionRow[] = [
  ["model_ensemble validate ensemble.yaml", "find all mistakes"],
  ["model_ensemble plan ensemble.yaml --show tst-0", "preview run tst-0"],
  ["model_ensemble ensemble.yaml dummy", "run on this machine"],
  ["model_ensemble -d -ct 60 ensemble.yaml", "run on the cluster, detached"],
  ["model_ensemble ensemble.yaml dummy --json | jq", "every event, for machines"],
];

const SIGNALS = `Ctrl-C once: nothing new starts, and the program waits for runs in progress.
Twice: it interrupts them. Three times: it exits at once.`;

const table = (heading: string, rows: readonly OptionRow[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return `\n${heading}\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n")}`;
};

/** The help shows the two-letter form too. Commander does not know it. */
const optionTerm = (option: Option): string => {
  const [short] = Object.entries(TWO_LETTERS).find(([, long]) => long === option.long) ?? [];
  return short === undefined ? option.flags : `${short}, ${option.flags}`;
};

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

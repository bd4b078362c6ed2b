/** Reads the command line: the reference's, and the same with words. */
import { existsSync } from "node:fs";
import { Command, CommanderError, type Option } from "commander";
import { EXIT, EXIT_STATUSES } from "../exit-status.js";
import { declareLookBack, isLookBack, LOOK_BACK } from "./journal-commands.js";
import { normalise, TWO_LETTERS } from "./normalise.js";
import { addedOptions, BACKEND, CONFIGURATION_ARGUMENT, type Flags, referenceOptions, settingsIn } from "./options.js";
import type { BackendName, CommandName, Request, Subject } from "./request.js";

/** What is asked for. `name` is the program's: the check is a program of its own as well. */
export const parseArguments = (words: readonly string[]): Request => {
  const [first = "", ...rest] = words;
  if (first === "help") return parseArguments([...rest.slice(0, 1), "--help"]);
  if (isLookBack(first)) return lookBack(first, rest);
  return isCommand(first) ? parse(first, rest) : parse("run", words, true);
};

/** The command line of `model_ensemble_check`. */
export const parseCheckArguments = (words: readonly string[]): Request =>
  read(declare("check", "model_ensemble_check"), "check", words);

const COMMANDS: Readonly<Record<CommandName, string>> = {
  run: "run the ensemble; the word itself may be left out",
  validate: "tell every mistake in a configuration and what it names",
  plan: "tell what would happen, and touch nothing",
  check: "look at whether a backend can be used here",
};

const lookBack = (name: Parameters<typeof declareLookBack>[0], words: readonly string[]): Request => {
  const [command, request] = declareLookBack(name);
  const answer = heard(command, () => command.parse([...words], { from: "user" }));
  return answer ?? request(command);
};

const isCommand = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word);

const parse = (name: CommandName, words: readonly string[], bare = false): Request => {
  const request = read(bare ? declareAll() : declare(name, `model_ensemble ${name}`), name, words);
  if (request.command !== "answer" || request.status === 0) return request;
  const misplaced = bare ? words.find(isCommand) : undefined;
  if (misplaced !== undefined) return withHint(request, `A command comes first: model_ensemble ${misplaced} …`);
  const file = !bare && existsSync(name);
  return file ? withHint(request, `A configuration that is called ${name} is named ./${name}.`) : request;
};

const withHint = (request: Request & { command: "answer" }, hint: string): Request => ({
  ...request,
  text: `${request.text}${hint}\n`,
});

/** What commander has to say itself: help, or that it does not understand. */
const heard = (command: Command, parse: () => void): Request | undefined => {
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

/** Has commander read the words of a command. */
const read = (command: Command, name: CommandName, words: readonly string[]): Request => {
  const given = new Set<string>();
  for (const option of ["daemon", "no-daemon"]) {
    command.on(`option:${option}`, () => given.add(option));
  }
  const answer = heard(command, () => {
    const known = [{ short: "-h", long: "--help" }, ...referenceOptions()];
    command.parse(normalise(words, known, [...command.options, { long: "--version" }]), { from: "user" });
    if (given.size > 1) command.error("error: -d and -n contradict each other");
    if (command.opts<Flags>().backend !== undefined && command.args[1] !== undefined) {
      command.error(`error: jobs go to one backend: either ${command.args[1]}, or that of --backend`);
    }
  });
  return answer ?? request(name, command);
};

const request = (name: CommandName, command: Command): Request => {
  const flags = command.opts<Flags>();
  if (name === "check") return { command: "check", backend: backend(command.args[0]) };
  const subject: Subject = {
    configuration: command.args[0] ?? "",
    backend: backend(command.args[1]),
    settings: settingsIn(flags),
    extra: Object.fromEntries(flags.extraVars ?? []),
    ...(flags.simulate !== undefined && { simulate: flags.simulate }),
    ...(flags.backend !== undefined && { backendFile: flags.backend }),
    json: flags.json ?? false,
  };
  switch (name) {
    case "run":
      return {
        command: name,
        ...subject,
        detach: flags.daemon ?? false,
        verbose: flags.verbose ?? false,
        ...(flags.stateDir !== undefined && { stateDir: flags.stateDir }),
        retry: flags.retryFailed ?? false,
        acceptChanges: flags.acceptChanges ?? false,
        fresh: flags.fresh ?? false,
        yes: flags.yes ?? false,
        takeOver: flags.takeOver ?? false,
      };
    case "validate":
      return { command: name, ...subject };
    case "plan":
      return {
        command: name,
        ...subject,
        all: flags.all ?? false,
        ...(flags.show !== undefined && { show: flags.show }),
      };
  }
};

/** commander has seen to it that it is one of these. */
const backend = (word: string | undefined): BackendName => (word === "dummy" ? "dummy" : "slurm");

const declare = (name: CommandName, called: string): Command => {
  const command = new Command(called).description(`${capital(COMMANDS[name])}.`).helpOption("-h, --help", "show this");
  command
    .configureHelp({ optionTerm, argumentDescription: ({ description }) => description })
    .showHelpAfterError(`(${called} --help tells more)`);
  if (name === "check") return command.addArgument(BACKEND());
  command.addArgument(CONFIGURATION_ARGUMENT()).addArgument(BACKEND());
  const added = ADDED[name]();
  const shared = referenceOptions();
  // Whoever runs an ensemble with many options can put `validate` or `plan` before them: all are taken, few matter.
  if (name !== "run") for (const option of shared) option.hideHelp(!MATTER[name].includes(option.attributeName()));
  for (const option of [...shared, ...added]) command.addOption(option);
  return command;
};

const ADDED: Readonly<Record<Exclude<CommandName, "check">, () => readonly Option[]>> = {
  run: () => [
    ...addedOptions.going(),
    addedOptions.simulate(),
    addedOptions.backend(),
    addedOptions.json("every event as a line of JSON on stdout"),
  ],
  validate: () => [
    addedOptions.simulate().hideHelp(),
    addedOptions.backend().hideHelp(),
    addedOptions.json("the mistakes as JSON on stdout"),
  ],
  plan: () => [
    addedOptions.show(),
    addedOptions.all(),
    addedOptions.json("the plan as JSON on stdout"),
    addedOptions.simulate().hideHelp(),
    addedOptions.backend().hideHelp(),
  ],
};

const MATTER: Readonly<Record<"validate" | "plan", readonly string[]>> = {
  validate: ["extraVars", "pickup"],
  plan: ["extraVars", "skips", "indexes", "checks", "submission", "checkTimeout"],
};

/** The program as a whole: what runs an ensemble, and word of the other commands. */
const declareAll = (): Command => {
  const command = declare("run", "model_ensemble")
    .description("Runs an ensemble of model runs: one YAML file in, thousands of runs out.")
    // Not that of the library: loading it would make `--help` wait half as long again.
    .version(process.env.MODEL_ENSEMBLER_VERSION ?? "0.0.0", "--version", "show the version")
    .usage(
      "[run] [options] <configuration> [backend]\n       model_ensemble validate|plan|check|status|replay|journal|cancel …",
    );
  const commands = Object.entries({ ...COMMANDS, ...LOOK_BACK }).map(([name, what]): OptionRow => [name, what]);
  return command
    .addHelpText("after", table("Commands:", commands))
    .addHelpText("after", table("Examples:", EXAMPLES))
    .addHelpText("after", table("Exit statuses:", EXIT_STATUSES))
    .addHelpText("after", `\n${SIGNALS}`);
};

type OptionRow = readonly [left: string, right: string];

const EXAMPLES: readonly OptionRow[] = [
  ["model_ensemble validate ensemble.yaml", "is it right?"],
  ["model_ensemble plan ensemble.yaml --show tst-0", "what would run tst-0 be?"],
  ["model_ensemble ensemble.yaml dummy", "run it on this machine"],
  ["model_ensemble -d -ct 60 ensemble.yaml", "on the cluster, detached"],
  ["model_ensemble ensemble.yaml dummy --json | jq", "every event, for machines"],
];

const SIGNALS = `Ctrl-C once: nothing new starts, and what runs is waited for. Twice: all is let
go of. Three times: the program ends at once.`;

const table = (heading: string, rows: readonly OptionRow[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return `\n${heading}\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n")}`;
};

/** The help shows the two-letter form too, which commander does not know of. */
const optionTerm = (option: Option): string => {
  const [short] = Object.entries(TWO_LETTERS).find(([, long]) => long === option.long) ?? [];
  return short === undefined ? option.flags : `${short}, ${option.flags}`;
};

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

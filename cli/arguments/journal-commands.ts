/** The command lines of `status`, `replay`, `journal` and `cancel`, which work on a journal. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { JournalReadingRequest, JournalRequest } from "./request.js";

type JournalCommandName = JournalReadingRequest["command"];

/** What each command does, in the order of the help. */
export const JOURNAL_COMMANDS: Readonly<Record<JournalCommandName, string>> = {
  status: "show the progress of an ensemble, running or not",
  replay: "replay a journal in the live view",
  journal: "verify, export or salvage a journal",
  cancel: "cancel the jobs of runs in a scheduler's queue",
};

export const isJournalCommand = (word: string): word is JournalCommandName => Object.hasOwn(JOURNAL_COMMANDS, word);

/** The command as commander declares it, and a function that makes the request from the parsed command. */
export const declareJournalCommand = (
  name: JournalCommandName,
): readonly [command: Command, request: (command: Command) => JournalReadingRequest] => {
  const command = new Command(`model_ensemble ${name}`)
    .description(`${JOURNAL_COMMANDS[name].charAt(0).toUpperCase()}${JOURNAL_COMMANDS[name].slice(1)}.`)
    .helpOption("-h, --help", "show this help")
    .showHelpAfterError(`(see model_ensemble ${name} --help)`);
  switch (name) {
    case "status":
      command
        .argument("[configuration]", "the ensemble (default: every one started here)")
        .addOption(new Option("--json", "print JSON on stdout"))
        .addOption(new Option("--watch", "repeat until the ensemble ends"))
        .addOption(new Option("--state-dir <path>", "where the journal is"));
      return [command, statusRequest];
    case "replay":
      command
        .argument("<journal>", "a state directory, or one file of a journal")
        .addOption(new Option("--speed <n>", "speed-up factor; 0 for no pauses").argParser(speed).default(10));
      return [
        command,
        (parsed) => ({
          command: "replay",
          journal: parsed.args[0] ?? "",
          ...parsed.opts<{ readonly speed: number }>(),
        }),
      ];
    case "journal":
      command
        .addArgument(new Argument("<what>", "what to do").choices(["verify", "export", "salvage"]))
        .argument("<path>", "a state directory; verify and export also take one journal file");
      return [
        command,
        ({ args }) => ({ command: "journal", verb: args[0] as JournalRequest["verb"], path: args[1] ?? "" }),
      ];
    case "cancel":
      command
        .argument("[runs...]", "the ids of runs: tst-3")
        .addOption(new Option("--all", "every run with a job, and the jobs of submit tasks"))
        .addOption(new Option("--state-dir <path>", "where the journal is (default: all in .ensemble)"))
        .addOption(new Option("--backend <file.js>", "the module that submitted the jobs, if one did"))
        .addHelpText("after", CANCEL_NOTES);
      return [command, cancelRequest];
  }
};

const statusRequest = (command: Command): JournalReadingRequest => {
  const { json, watch, stateDir } = command.opts<{ json?: true; watch?: true; stateDir?: string }>();
  const [configuration] = command.args;
  return {
    command: "status",
    ...(configuration !== undefined && { configuration }),
    ...(stateDir !== undefined && { stateDir }),
    json: json ?? false,
    watch: watch ?? false,
  };
};

const CANCEL_NOTES = `
A running ensemble notices that its jobs were cancelled, counts their runs as
failed and continues with other runs; press Ctrl-C there to stop it. The command
identifies a job by its id and its mark, and waits until the queue shows that
the job has ended. Exit status 1: some jobs could not be cancelled.`;

const cancelRequest = (command: Command): JournalReadingRequest => {
  const { all = false, stateDir, backend } = command.opts<{ all?: true; stateDir?: string; backend?: string }>();
  return {
    command: "cancel",
    runs: command.args,
    all,
    ...(stateDir !== undefined && { stateDir }),
    ...(backend !== undefined && { backendFile: backend }),
  };
};

const speed = (text: string): number => {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) throw new InvalidArgumentError("Expected a number of 0 or more.");
  return number;
};

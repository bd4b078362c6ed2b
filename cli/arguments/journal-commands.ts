/** The command lines of what goes by a journal: `status`, `replay`, `journal`, `cancel`. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { JournalCommand, JournalRequest } from "./request.js";

type Name = JournalCommand["command"];

/** What each does, in the order of the help. */
export const LOOK_BACK: Readonly<Record<Name, string>> = {
  status: "tell how far an ensemble has come, running or not",
  replay: "play a journal into the live view",
  journal: "verify, export or salvage a journal",
  cancel: "cancel the Slurm jobs of runs, running or not",
};

export const isLookBack = (word: string): word is Name => Object.hasOwn(LOOK_BACK, word);

/** The command, and how it becomes an order once commander has read its words. */
export const declareLookBack = (
  name: Name,
): readonly [command: Command, order: (command: Command) => JournalCommand] => {
  const command = new Command(`model_ensemble ${name}`)
    .description(`${LOOK_BACK[name].charAt(0).toUpperCase()}${LOOK_BACK[name].slice(1)}.`)
    .helpOption("-h, --help", "show this")
    .showHelpAfterError(`(model_ensemble ${name} --help tells more)`);
  switch (name) {
    case "status":
      command
        .argument("[configuration]", "the ensemble; by default all that were started here")
        .addOption(new Option("--json", "as JSON on stdout"))
        .addOption(new Option("--watch", "again and again, until it ends"))
        .addOption(new Option("--state-dir <path>", "where the journal is"));
      return [command, statusOrder];
    case "replay":
      command
        .argument("<journal>", "a state directory, or one file of a journal")
        .addOption(new Option("--speed <n>", "how many times as fast; 0 for no pauses").argParser(speed).default(10));
      return [
        command,
        (read) => ({ command: "replay", journal: read.args[0] ?? "", ...read.opts<{ readonly speed: number }>() }),
      ];
    case "journal":
      command
        .addArgument(new Argument("<what>", "what to do").choices(["verify", "export", "salvage"]))
        .argument("<path>", "a state directory; to verify and export, one file of a journal, too");
      return [
        command,
        ({ args }) => ({ command: "journal", verb: args[0] as JournalRequest["verb"], path: args[1] ?? "" }),
      ];
    case "cancel":
      command
        .argument("[runs...]", "the ids of runs: tst-3")
        .addOption(new Option("--all", "every run that has a job, and the jobs of submit tasks as well"))
        .addOption(new Option("--state-dir <path>", "where the journal is (default: all in .ensemble)"))
        .addHelpText("after", CANCELLING);
      return [command, cancelOrder];
  }
};

const statusOrder = (command: Command): JournalCommand => {
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

const CANCELLING = `
An ensemble that is at work sees that the jobs were cancelled, counts their runs
as failed, and goes on with other runs: Ctrl-C there stops it. What a job is
cancelled for is its id together with the mark in its comment; the command waits
until the queue shows that it has ended. Exit status 1: some could not be
cancelled.`;

const cancelOrder = (command: Command): JournalCommand => {
  const { all, stateDir } = command.opts<{ all?: true; stateDir?: string }>();
  return { command: "cancel", runs: command.args, all: all ?? false, ...(stateDir !== undefined && { stateDir }) };
};

const speed = (text: string): number => {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) throw new InvalidArgumentError("Expected a number of 0 or more.");
  return number;
};

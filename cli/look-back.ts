/** The command lines of what looks at a journal: `status`, `replay`, `journal`. */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { JournalOrder, LookBack } from "./orders.js";

type Name = LookBack["command"];

/** What each does, in the order of the help. */
export const LOOK_BACK: Readonly<Record<Name, string>> = {
  status: "tell how far an ensemble has come, running or not",
  replay: "play a journal into the live view",
  journal: "verify, export or salvage a journal",
};

export const isLookBack = (word: string): word is Name => Object.hasOwn(LOOK_BACK, word);

/** The command, and how it becomes an order once commander has read its words. */
export const declareLookBack = (name: Name): readonly [command: Command, order: (command: Command) => LookBack] => {
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
        ({ args }) => ({ command: "journal", verb: args[0] as JournalOrder["verb"], path: args[1] ?? "" }),
      ];
  }
};

const statusOrder = (command: Command): LookBack => {
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

const speed = (text: string): number => {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0)) throw new InvalidArgumentError("Expected a number of 0 or more.");
  return number;
};

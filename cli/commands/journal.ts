/** `journal`: verifies a journal, exports its events, or salvages a damaged one. */
import { type Event, JournalDamage, readEvents, salvage } from "../../lib/index.js";
import type { JournalRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { count, printable, withCommas } from "../views/format.js";

export const journal = async ({ verb, path }: JournalRequest): Promise<number> => {
  try {
    return await VERBS[verb](path);
  } catch (error) {
    if (error instanceof JournalDamage) {
      writeStderr(
        `error: ${printable(error.path)} is damaged: ${error.message}\n\`model_ensemble journal salvage ${printable(path)}\` makes a new journal from its intact events\n`,
      );
      return EXIT.damaged;
    }
    if (error instanceof Error && error.name === "Locked") {
      writeStderr(`error: ${error.message}\n`);
      return EXIT.taken;
    }
    if (!(error instanceof Error) || !("code" in error)) throw error;
    writeStderr(`error: ${printable(path)} cannot be read: ${error.message}\n`);
    return EXIT.refused;
  }
};

const verify = async (path: string): Promise<number> => {
  const files = await readEvents(path);
  if (files.length === 0) {
    writeStderr(`error: there is no journal in ${printable(path)}\n`);
    return EXIT.refused;
  }
  for (const { path: file, events, bytes, torn } of files) {
    const end =
      torn === 0 ? "intact" : `intact except for a torn end of ${count(torn, "byte")}, which the next start cuts off`;
    process.stdout.write(`${printable(file)}: ${end}, ${count(events, "event")}, ${withCommas(bytes)} bytes\n`);
  }
  return EXIT.ok;
};

const exportEvents = async (path: string): Promise<number> => {
  await readEvents(path, (event: Event) => void process.stdout.write(`${JSON.stringify(event)}\n`));
  return EXIT.ok;
};

const salvageJournal = async (path: string): Promise<number> => {
  const { events, lost, interrupted, aside } = await salvage(path);
  process.stdout.write(
    [
      `Intact: ${count(events, "event")}; damaged: ${count(lost, "byte")}. The damaged file is now ${printable(aside)}`,
      interrupted.length === 0
        ? "Every run in the journal has ended."
        : `${count(interrupted.length, "run")} count as interrupted: ${interrupted.slice(0, 20).map(printable).join(", ")}${interrupted.length > 20 ? ", …" : ""}`,
      "The same command resumes the ensemble. Before --retry-failed=interrupted, make sure that no process or job of an interrupted run is still running.",
      "",
    ].join("\n"),
  );
  return EXIT.ok;
};

const VERBS: Readonly<Record<JournalRequest["verb"], (path: string) => Promise<number>>> = {
  verify,
  export: exportEvents,
  salvage: salvageJournal,
};

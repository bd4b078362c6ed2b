/** `journal`: looks at a journal, prints it, and makes of a damaged one what can be made of it. */
import { type Event, JournalDamage, readEvents, salvage } from "../../lib/index.js";
import type { JournalRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { count, grouped, printable } from "../views/format.js";

export const journal = async ({ verb, path }: JournalRequest): Promise<number> => {
  try {
    return await VERBS[verb](path);
  } catch (error) {
    if (error instanceof JournalDamage) {
      writeStderr(
        `error: ${printable(error.path)} is damaged: ${error.message}\n\`model_ensemble journal salvage ${printable(path)}\` makes a journal of what holds together\n`,
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
    const end = torn === 0 ? "whole" : `whole but for its end, of which ${count(torn, "byte")} will be cut off`;
    process.stdout.write(`${printable(file)}: ${end}, ${count(events, "event")}, ${grouped(bytes)} bytes\n`);
  }
  return EXIT.ok;
};

const exported = async (path: string): Promise<number> => {
  await readEvents(path, (event: Event) => void process.stdout.write(`${JSON.stringify(event)}\n`));
  return EXIT.ok;
};

const salvaged = async (path: string): Promise<number> => {
  const { events, lost, interrupted, aside } = await salvage(path);
  process.stdout.write(
    [
      `${count(events, "event")} hold together; ${count(lost, "byte")} do not. The damaged file is now ${printable(aside)}`,
      interrupted.length === 0
        ? "Every run that is known of has ended."
        : `${count(interrupted.length, "run")} count as interrupted: ${interrupted.slice(0, 20).map(printable).join(", ")}${interrupted.length > 20 ? ", …" : ""}`,
      "The same command goes on; --retry-failed=interrupted runs those again, once you have seen to it that nothing of theirs still runs.",
      "",
    ].join("\n"),
  );
  return EXIT.ok;
};

const VERBS: Readonly<Record<JournalRequest["verb"], (path: string) => Promise<number>>> = {
  verify,
  export: exported,
  salvage: salvaged,
};

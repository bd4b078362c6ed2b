/** The report of a bug in this program: one sentence for the user, a file with the stack trace for the developers. */
import { appendFileSync } from "node:fs";
import type { Request } from "./arguments/request.js";
import { writeStderr } from "./output.js";
import { logOf, makeLogDirectory } from "./paths.js";

export const reportBug = (error: unknown, request: Request): void => {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const file = request.command === "run" ? logOf(request.configuration) : "logs/model_ensemble.log";
  const verbose = request.command === "run" && request.verbose;
  const written = appendDetails(file, details);
  writeStderr(
    [
      `model_ensemble: this is a bug in model_ensemble, not in your ensemble: ${firstLine(details)}`,
      ...(written
        ? [`Please report it with the details in ${file}.`]
        : ["The details could not be written to a file:"]),
      ...(verbose || !written ? [details] : []),
      "",
    ].join("\n"),
  );
};

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

const appendDetails = (file: string, details: string): boolean => {
  try {
    makeLogDirectory(file);
    const { version, argv } = process;
    appendFileSync(file, `${new Date().toISOString()} node ${version} ${JSON.stringify(argv.slice(2))}\n${details}\n`);
    return true;
  } catch {
    return false;
  }
};

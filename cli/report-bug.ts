/** The report of a bug, of this program or of a dialect: one sentence for the user, a file with the stack trace. */
import { appendFileSync } from "node:fs";
import type { Request } from "./arguments/request.js";
import { logOf, makeLogDirectory } from "./log-path.js";
import { writeStderr } from "./output.js";

export const reportBug = (error: unknown, request: Request): void => {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const file = request.command === "run" ? logOf(request) : "logs/model_ensemble.log";
  const verbose = request.command === "run" && request.verbose;
  const written = appendDetails(file, details);
  // By its name: the class is in the library, which has perhaps not been loaded.
  const isDialect = error instanceof Error && error.name === "DialectError";
  const where = isDialect
    ? `Mend the dialect, and run the same command again. The details are in ${file}.`
    : `Please report it with the details in ${file}.`;
  writeStderr(
    [
      isDialect
        ? `model_ensemble: ${error.message}`
        : `model_ensemble: this is a bug in model_ensemble, not in your ensemble: ${firstLine(details)}`,
      written ? where : "The details could not be written to a file:",
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

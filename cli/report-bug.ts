/** What is told about a mistake of ours: one sentence for the user, the details for whoever mends it. */
import { appendFileSync } from "node:fs";
import type { Request } from "./arguments/request.js";
import { writeStderr } from "./output.js";
import { logOf, makeLogDirectory } from "./paths.js";

export const reportBug = (error: unknown, request: Request): void => {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const file = request.command === "run" ? logOf(request.configuration) : "logs/model_ensemble.log";
  const verbose = request.command === "run" && request.verbose;
  const kept = keep(file, details);
  writeStderr(
    [
      `model_ensemble: this is a mistake in model_ensemble itself, not in your ensemble: ${firstLine(details)}`,
      ...(kept ? [`The details are in ${file}. Please report them.`] : ["The details could not be written to a file:"]),
      ...(verbose || !kept ? [details] : []),
      "",
    ].join("\n"),
  );
};

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

const keep = (file: string, details: string): boolean => {
  try {
    makeLogDirectory(file);
    const { version, argv } = process;
    appendFileSync(file, `${new Date().toISOString()} node ${version} ${JSON.stringify(argv.slice(2))}\n${details}\n`);
    return true;
  } catch {
    return false;
  }
};

/** What is told about a mistake of ours: one sentence for the user, the details for whoever mends it. */
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Order } from "./arguments/request.js";
import { logOf } from "./log.js";
import { tellPeople } from "./output.js";

export const reportBug = (error: unknown, order: Order): void => {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const file = order.command === "run" ? logOf(order.configuration) : "logs/model_ensemble.log";
  const verbose = order.command === "run" && order.verbose;
  const kept = keep(file, details);
  tellPeople(
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
    mkdirSync(dirname(file), { recursive: true });
    const { version, argv } = process;
    appendFileSync(file, `${new Date().toISOString()} node ${version} ${JSON.stringify(argv.slice(2))}\n${details}\n`);
    return true;
  } catch {
    return false;
  }
};

/** The path of an ensemble's log, below the directory in which the program is started. */
import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The path of the log: the one that the user gives, or the same as in the Python tool. */
export const logOf = ({ configuration, log }: { readonly configuration: string; readonly log?: string }): string =>
  log ?? join("logs", `${basename(configuration)}.log`);

/** Makes the directory of a log, one level. True if the directory was missing. Throws the error of the file system. */
export const makeLogDirectory = (log: string): boolean => {
  try {
    mkdirSync(dirname(log));
    return true;
  } catch (error) {
    demandExisting(error);
    return false;
  }
};

/** Throws the error of a mkdir, unless the name exists. If the name is that of a file, opening the log fails next. */
export const demandExisting = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
};

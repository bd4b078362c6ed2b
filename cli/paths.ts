/** Where an ensemble keeps its journal and its log: below the directory in which the program is started. */
import { mkdirSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";

/** `.ensemble/<configuration name>`; a configuration in another directory has that in its name too, `a/b.yaml` is `a+b`. */
export const stateDirectoryOf = (configuration: string, given?: string): string => {
  if (given !== undefined) return resolve(given);
  const name = normalize(configuration)
    .replace(/\.[^./]+$/, "")
    .replaceAll("/", "+");
  return resolve(join(".ensemble", name));
};

/** Where the log is, as in the Python tool. */
export const logOf = (configuration: string): string => join("logs", `${basename(configuration)}.log`);

/** Makes the directory of a log, one level, and tells whether it was missing. Throws the error of the file system. */
export const makeLogDirectory = (log: string): boolean => {
  try {
    mkdirSync(dirname(log));
    return true;
  } catch (error) {
    demandExisting(error);
    return false;
  }
};

/** Throws the error of a mkdir, unless the name exists. A file of that name is found when the log is opened. */
export const demandExisting = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
};

/** Where an ensemble keeps its journal and its log: below the directory in which the program is started. */
import { basename, join, normalize, resolve } from "node:path";

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

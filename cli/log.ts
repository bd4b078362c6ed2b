/** Where the log of an ensemble is, as in the reference: in the directory in which the program was started. */
import { basename, join } from "node:path";

export const logOf = (configuration: string): string => join("logs", `${basename(configuration)}.log`);

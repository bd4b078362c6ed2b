/** The search for a program on PATH, as a shell does it. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether a directory of PATH has an executable of this name. */
export const isOnPath = (name: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== "";
    } catch {
      return false;
    }
  });

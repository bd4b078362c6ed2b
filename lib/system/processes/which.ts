/** Finding a program as a shell would. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether some directory of PATH has it. */
export const isOnPath = (name: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return directory !== "";
    } catch {
      return false;
    }
  });

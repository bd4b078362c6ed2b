/** Making a directory. */
import { mkdir } from "node:fs/promises";
import { Abandon } from "../../events/failure.js";
import { failureAt } from "./errno.js";

/** Makes a directory with all that lead to it. One that is there already is fine. Throws `Abandon`. */
export const makeDirectory = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new Abandon(failureAt(path, error));
  }
};

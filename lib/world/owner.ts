/** Whose a file is. */
import { statSync } from "node:fs";

/** The number of the user to whom it belongs, if that is somebody else. */
export const otherOwner = (path: string): number | undefined => {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  return owner === process.getuid?.() ? undefined : owner;
};

/** The owner of a file. */
import { statSync } from "node:fs";

/** The user id that a file server gives to users it does not know. */
const NOBODY = 65_534;

/** The owner's user id, if another user owns the path. Undefined also if the path cannot be read: its use reports that. */
export const otherOwner = (path: string): number | undefined => {
  try {
    const { uid } = statSync(path);
    return uid === process.getuid?.() || uid === NOBODY ? undefined : uid;
  } catch {
    return undefined;
  }
};

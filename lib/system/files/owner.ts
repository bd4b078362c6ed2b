/** Whose a file is. */
import { statSync } from "node:fs";

/** What a file server calls those whom it does not know. */
const NOBODY = 65_534;

/** The number of the user to whom it belongs, if that is somebody else. What cannot be looked at is told of elsewhere. */
export const otherOwner = (path: string): number | undefined => {
  try {
    const { uid } = statSync(path);
    return uid === process.getuid?.() || uid === NOBODY ? undefined : uid;
  } catch {
    return undefined;
  }
};

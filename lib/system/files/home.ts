/** The user's home directory. */
import { homedir } from "node:os";

/** Undefined if none is known: HOME is unset or empty, and the user id has no entry in /etc/passwd. */
export const homeDirectory = (): string | undefined => {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
};

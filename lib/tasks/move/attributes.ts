/** Recognises, in the output of rsync, a destination that does not take extended attributes or ACLs. */
import type { Ended } from "../program.js";

/**
 * Why the destination did not take them. `unsupported`: its file system, or rsync there, has none. `too_large`: its file
 * system takes none of this size. Undefined if rsync ended otherwise; other errors may have come beside these.
 */
export const refusedAttributes = ({ status, output }: Ended): "unsupported" | "too_large" | undefined => {
  if (status === PARTIAL && UNSUPPORTED.test(output)) return "unsupported";
  if (status === PARTIAL && TOO_LARGE.test(output)) return "too_large";
  return OTHER_RSYNC.test(output) ? "unsupported" : undefined;
};

/** The exit status of rsync after errors with single files. */
const PARTIAL = 23;

/** A line such as `rsync_xal_set: fsetxattr("a","user.b") failed: Operation not supported (95)`; 45 and 102 on macOS. */
const UNSUPPORTED = /^rsync: .*(?:xattr|acl).*: .*\((?:95|45|102)\)$/im;
/** E2BIG, ENOSPC and ERANGE: ext4 takes 4 kB in each file. */
const TOO_LARGE = /^rsync: .*xattr.*: .*\((?:7|28|34)\)$/m;
/** Messages of an rsync that was built without them, or that speaks to an rsync before version 3. */
const OTHER_RSYNC =
  /(?:extended attributes|ACLs) are not supported on this (?:server|client)|--(?:xattrs|acls) requires protocol/i;

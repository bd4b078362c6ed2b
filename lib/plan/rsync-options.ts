/** The options of rsync that a `move` may have: those that cannot lose, leave out or misplace a file. */

/** Options without a value. */
const FLAGS: ReadonlySet<string> = new Set([
  // What is kept of each file besides its content.
  ...["--no-perms", "--no-p", "--no-owner", "--no-o", "--no-group", "--no-g", "--no-times", "--no-t"],
  ...["--no-xattrs", "--no-X", "--acls", "-A", "--hard-links", "-H", "--executability", "-E", "--numeric-ids"],
  ...["--omit-dir-times", "-O", "--omit-link-times", "-J", "--copy-links", "-L", "--copy-unsafe-links"],
  // How a file is written and sent.
  ...["--no-sparse", "--no-S", "--fsync", "--whole-file", "-W", "--no-whole-file", "--no-W"],
  ...["--checksum", "-c", "--compress", "-z", "--mkpath", "--ipv4", "-4", "--ipv6", "-6"],
]);

/** Options with a value after `=`. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  ...["--chmod", "--chown", "--usermap", "--groupmap", "--modify-window"],
  ...["--bwlimit", "--timeout", "--compress-level", "--compress-choice", "--skip-compress"],
]);

/** Why a `move` may not have this option; undefined if it may. */
export const problemWithOption = (option: string): string | undefined => {
  const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
  if (FLAGS.has(name)) return value === undefined ? undefined : `\`${name}\` takes no value`;
  if (WITH_VALUE.has(name)) return value ? undefined : `\`${name}\` needs a value: \`${name}=…\``;
  if (/\s/.test(name)) return "this is more than one word; write one option in each item, and its value after `=`";
  if (!name.startsWith("-")) return "this is no option of rsync: an option starts with `-`";
  return `\`move\` does not take the option \`${name}\` of rsync: it takes only those that cannot lose or misplace a file`;
};

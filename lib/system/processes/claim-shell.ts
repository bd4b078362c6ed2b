/** The shell around a command that writes the command's claim. */
import { constants } from "node:os";
import type { Command } from "../../effects/process.js";
import { bootId } from "./process-identity.js";

/** The exit status of the shell if it could not make the claim, or not write to it. The command was not started then. */
export const UNCLAIMED = 125;

/** Signals that a process cannot handle, or that do not end it. */
const UNHANDLED = /^SIG(KILL|STOP|CHLD|CONT|TSTP|TTIN|TTOU|URG|WINCH)$/;

/** The numbers of the others. */
const DEADLY = Object.entries(constants.signals)
  .filter(([name]) => !UNHANDLED.test(name))
  .map(([, number]) => number)
  .join(" ");

/**
 * Makes the claim, which succeeds for one shell only; writes the shell's process id and its directory, then the identity
 * of the process that becomes the command; runs the command; appends how it ended.
 *
 * The shell discards its own messages, because the output belongs to the command: a waiting shell reports signals to its
 * standard error, so only the inner shell, which becomes the command, has a standard error. An exit status above 128
 * stands for a signal. The shell outlives signals that the command sends to its own process group, as `kill 0` does.
 */
const SCRIPT = `exec 9>&2 2>/dev/null
command trap : ${DEADLY}
set -C
{ printf '%s\\n' "$$ ${bootId() || "-"}" "in $PWD"; } >"$0" || exit ${UNCLAIMED}
set +C
(
read -r _me_stat </proc/self/stat
printf '%s\\n' "as \${_me_stat:--}" >>"$0" || exit ${UNCLAIMED}
exec "$@" 2>&9 9>&-
)
_me_status=$?
echo "ended $_me_status" >>"$0"
exit $_me_status`;

/**
 * The command inside a shell that writes its claim. The shell gets the variables that it would drop or change under
 * other names, and `env` gives them to the command: the shell may be any `/bin/sh`.
 */
export const claiming = (
  command: Pick<Command, "file" | "arguments" | "environment">,
  claim: string,
): Required<Pick<Command, "file" | "arguments" | "environment">> => {
  const { file, environment = process.env } = command;
  const carried = Object.entries(environment).filter(([name, value]) => value !== undefined && isAltered(name));
  // An assignment to `env` is each argument with an equals sign up to the program.
  const words = carried.length > 0 && file.includes("=") ? ["nice", "-n", "0", file] : [file];
  return {
    file: "/bin/sh",
    arguments: ["-c", restoring(carried.length) + SCRIPT, claim, ...words, ...command.arguments],
    environment: {
      ...environment,
      ...Object.fromEntries(carried.map(([name]) => [name, undefined])),
      ...Object.fromEntries(carried.map(([name, value], index) => [carrier(index), `${name}=${value ?? ""}`])),
    },
  };
};

const carrier = (index: number): string => `_me_carried_${index}`;

/** Lines of the script that put the carried variables before the command, as arguments of `env`. */
const restoring = (count: number): string => {
  if (count === 0) return "";
  const names = Array.from({ length: count }, (_, index) => carrier(index));
  return `set -- /usr/bin/env ${names.map((name) => `"$${name}"`).join(" ")} "$@"\nunset ${names.join(" ")}\n`;
};

/**
 * Whether a shell drops the variable or changes its value. Dash drops each name that is no identifier, such as that of a
 * function that bash exports. The other names are those of variables that a shell acts on, or sets by itself.
 */
const isAltered = (name: string): boolean => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || OF_SHELLS.test(name);

const OF_SHELLS =
  /^(IFS|OPT(IND|ARG|ERR)|PPID|E?UID|LINENO|S?RANDOM|SECONDS|EPOCH(SECONDS|REALTIME)|PS[0-4]|SHELLOPTS|BASHOPTS|POSIXLY_CORRECT|BASH(PID|_(VERSION|VERSINFO|ARGV0|COMMAND|COMPAT|SUBSHELL|XTRACEFD))?)$/;

/**
 * What a command leaves behind for whoever comes after this program: that it was started, by whom, and how it ended.
 * A shell of its own writes that, so that it is written whether this program is still there or not.
 */
import { linkSync, readFileSync, rm, rmSync, unlink, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "../../effects/process.js";
import type { Ending } from "../../events/failure.js";
import { makeDirectorySync } from "../files/make-directory.js";
import { endingOf } from "./exit-status.js";
import { bootId, startTime, ticksOf } from "./process-identity.js";

export type Trace =
  /** It was never started. */
  | { readonly is: "absent" }
  /** It is claimed, and by whom is about to be said. */
  | { readonly is: "starting" }
  | { readonly is: "running"; readonly pid: number }
  | ({ readonly is: "ended" } & Ending)
  /** It was started, and nobody knows how it went. */
  | { readonly is: "unknown" };

/** The exit status of the shell where the file could not be made. */
export const UNCLAIMED = 125;

/**
 * Makes the file, which for one only succeeds, and tells who it is; does the work; and adds how it ended. What the
 * shell itself has to say goes nowhere: the output is the command's, which is given back to a shell below alone, since
 * the one that waits tells of signals wherever its output goes meanwhile. An exit status above 128 stands for a signal.
 */
const SCRIPT = `exec 9>&2 2>/dev/null
set -C
read -r _me_boot </proc/sys/kernel/random/boot_id
read -r _me_stat </proc/$$/stat
{ echo "$$ \${_me_boot:--} \${_me_stat:--}"; } >"$0" || exit ${UNCLAIMED}
set +C
( exec "$@" 2>&9 9>&- )
_me_status=$?
echo "ended $_me_status" >>"$0"
exit $_me_status`;

/** The command, started by a shell that leaves a trace of it. */
export const claiming = (command: Command, claim: string): Pick<Command, "file" | "arguments"> => ({
  file: "/bin/sh",
  arguments: ["-c", SCRIPT, claim, command.file, ...command.arguments],
});

/** What is known of a command that was begun when the machine's boot was called `boot`. */
export const traceOf = (claim: string, boot: string): Trace => {
  const now = bootId();
  const text = readIfAny(claim);
  // After a crash of the machine, nobody can say that what is not there never was.
  if (text === undefined || text.startsWith(TAKEN)) return boot === now ? { is: "absent" } : { is: "unknown" };
  if (text === "") return boot === now ? { is: "starting" } : { is: "unknown" };
  const status = /\nended (\d+)\n/.exec(text)?.[1];
  if (status !== undefined) return { is: "ended", ...endingOf(Number(status), null) };
  const [, pid, begun = "", stat = ""] = /^(\d+) (\S+) (.*)\n/.exec(text) ?? [];
  if (pid === undefined || begun !== now) return { is: "unknown" };
  const ticks = startTime(Number(pid));
  return ticks !== undefined && ticks === ticksOf(stat) ? { is: "running", pid: Number(pid) } : { is: "unknown" };
};

/** Takes a claim that nobody has: whoever comes late with it finds it taken, and starts nothing. False if somebody has it. */
export const take = (claim: string): boolean => {
  const made = `${claim}.${process.pid}`;
  try {
    makeDirectorySync(dirname(claim), 0o700);
    writeFileSync(made, `${TAKEN}\n`, { mode: 0o600 });
    // There at once with what it says: one that is empty would be somebody's who is about to begin.
    linkSync(made, claim);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readIfAny(claim)?.startsWith(TAKEN) ?? false;
  } finally {
    rmSync(made, { force: true });
  }
};

/** What a claim says that nothing was started under. */
export const TAKEN = "taken";

const readIfAny = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** What belongs to a job of a scheduler is a directory. */
const WHOLE = { recursive: true, force: true } as const;

/** The claims of an ensemble. */
export interface Claims {
  /** The file of a claim. */
  path(name: string): string;
  /** What was begun under it has ended, and that has been told. */
  ended(path: string): void;
  /** Forgets what had ended by now, once it is called in turn. */
  settle(): () => void;
}

export const openClaims = (directory: string): Claims => {
  makeDirectorySync(directory, 0o700);
  let over: string[] = [];
  return {
    path: (name) => join(directory, name),
    ended: (path) => over.push(path),
    settle: () => {
      const now = over;
      over = [];
      return () => {
        for (const path of now) {
          unlink(path, (error) => {
            if (error !== null) rm(path, WHOLE, () => undefined);
          });
        }
      };
    },
  };
};

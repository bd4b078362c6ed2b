/**
 * Claims: one file per command, which records that the command was started, by which process, and how it ended.
 * A shell around the command writes the claim, so the claim is complete even if this program has ended meanwhile.
 */
import { linkSync, readFileSync, rm, rmSync, unlink, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "../../effects/process.js";
import type { Ending } from "../../events/failure.js";
import { makeDirectorySync } from "../files/make-directory.js";
import { endingOf } from "./exit-status.js";
import { bootId, startTime, ticksOf } from "./process-identity.js";

export type Trace =
  /** The command was never started. */
  | { readonly is: "absent" }
  /** The claim exists; the shell has not written its process id yet. */
  | { readonly is: "starting" }
  | { readonly is: "running"; readonly pid: number }
  | ({ readonly is: "ended" } & Ending)
  /** The command was started, and how it ended is unknown. */
  | { readonly is: "unknown" };

/** The exit status of the shell if it could not make the claim. */
export const UNCLAIMED = 125;

/**
 * Makes the claim, which succeeds for one shell only, and writes the shell's process id; runs the command; appends how
 * it ended. The shell discards its own messages, because the output belongs to the command: a waiting shell reports
 * signals to its standard error, so only the inner shell, which becomes the command, has a standard error. An exit status above 128 stands for a signal.
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

/** The command inside a shell that writes its claim. */
export const claiming = (command: Command, claim: string): Pick<Command, "file" | "arguments"> => ({
  file: "/bin/sh",
  arguments: ["-c", SCRIPT, claim, command.file, ...command.arguments],
});

/** Reads a claim. `boot` is the boot id under which its command was started. */
export const traceOf = (claim: string, boot: string): Trace => {
  const now = bootId();
  const text = readIfAny(claim);
  // A crash of the machine may have lost the claim, so its absence proves nothing.
  if (text === undefined || text.startsWith(TAKEN)) return boot === now ? { is: "absent" } : { is: "unknown" };
  if (text === "") return boot === now ? { is: "starting" } : { is: "unknown" };
  const status = /\nended (\d+)\n/.exec(text)?.[1];
  if (status !== undefined) return { is: "ended", ...endingOf(Number(status), null) };
  const [, pid, startBoot = "", stat = ""] = /^(\d+) (\S+) (.*)\n/.exec(text) ?? [];
  if (pid === undefined || startBoot !== now) return { is: "unknown" };
  const ticks = startTime(Number(pid));
  return ticks !== undefined && ticks === ticksOf(stat) ? { is: "running", pid: Number(pid) } : { is: "unknown" };
};

/** Takes a free claim, so that no late shell starts its command. False if the command was started already. */
export const take = (claim: string): boolean => {
  const temporary = `${claim}.${process.pid}`;
  try {
    makeDirectorySync(dirname(claim), 0o700);
    writeFileSync(temporary, `${TAKEN}\n`, { mode: 0o600 });
    // The link appears with its content: an empty claim would look like a command that is about to start.
    linkSync(temporary, claim);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readIfAny(claim)?.startsWith(TAKEN) ?? false;
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** The content of a claim under which nothing was started. */
export const TAKEN = "taken";

const readIfAny = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** The claim of a scheduler job is a directory. */
const WHOLE = { recursive: true, force: true } as const;

/** The claims of one ensemble. */
export interface Claims {
  /** The path of a claim. */
  path(name: string): string;
  /** Notes that the command or job of a claim has ended, and that its end has been reported. */
  ended(path: string): void;
  /** Returns a function that removes the claims noted before `settle` was called. */
  settle(): () => void;
}

export const openClaims = (directory: string): Claims => {
  makeDirectorySync(directory, 0o700);
  let endedPaths: string[] = [];
  return {
    path: (name) => join(directory, name),
    ended: (path) => endedPaths.push(path),
    settle: () => {
      const paths = endedPaths;
      endedPaths = [];
      return () => {
        for (const path of paths) {
          unlink(path, (error) => {
            if (error !== null) rm(path, WHOLE, () => undefined);
          });
        }
      };
    },
  };
};

/**
 * Claims: one file per command, which records that the command was started, by which process, and how it ended.
 * A shell around the command writes the claim, so the claim is complete even if this program has ended meanwhile.
 */
import { linkSync, readFileSync, rm, rmSync, unlink, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Ending } from "../../events/failure.js";
import { makeDirectorySync } from "../files/make-directory.js";
import { endingOf } from "./exit-status.js";
import { hasMember } from "./outliving.js";
import { bootId, hasArgument, startTime, ticksOf } from "./process-identity.js";

export type Trace =
  /** The command was never started. */
  | { readonly is: "absent" }
  /** The claim exists; the shell has not written its process id yet. */
  | { readonly is: "starting" }
  /** `outlives`: its shell was killed, so how the command ends will be unknown. */
  | { readonly is: "running"; readonly pid: number; readonly outlives?: true }
  | ({ readonly is: "ended" } & Ending)
  /** The command was started, and how it ended is unknown. `outlived`: it ran on after its shell was killed. */
  | { readonly is: "unknown"; readonly outlived?: true };

/** Reads a claim. `boot` is the boot id under which its command was started. */
export const traceOf = (claim: string, boot: string): Trace => {
  const now = bootId();
  const text = readIfAny(claim);
  // A crash of the machine may have lost the claim, so its absence proves nothing.
  if (text === undefined || text.startsWith(TAKEN)) return boot === now ? { is: "absent" } : { is: "unknown" };
  if (text === "") return boot === now ? { is: "starting" } : { is: "unknown" };
  const parts = CLAIM.exec(text)?.groups;
  if (parts === undefined) return { is: "unknown" };
  const { pid = "", startBoot, directory, command, status } = parts;
  if (status !== undefined) return { is: "ended", ...endingOf(Number(status), null) };
  if (startBoot !== now) return { is: "unknown" };
  const leader = Number(pid);
  if (hasArgument(leader, claim)) return { is: "running", pid: leader };
  // Without the directory, an earlier version of the program wrote the claim.
  const outlives =
    directory !== undefined &&
    ((command !== undefined && isRunning(Number.parseInt(command, 10), command)) || hasMember({ leader, directory }));
  return outlives ? { is: "running", pid: leader, outlives } : { is: "unknown" };
};

/** The lines of a claim, as `claim-shell.ts` writes them. */
const CLAIM =
  /^(?<pid>\d+) (?<startBoot>\S+).*\n(?:in (?<directory>[^]*?)\n(?:as (?<command>.*)\n)?)?(?:ended (?<status>\d+)\n)?$/;

/** Whether a claim with this text shows that the command was about to be executed, or was. */
export const startsCommand = (text: string): boolean => CLAIM.exec(text)?.groups?.["command"] !== undefined;

/** Whether the process is running that has, or had, this line in `/proc/<pid>/stat`. */
const isRunning = (pid: number, stat: string): boolean => {
  const ticks = startTime(pid);
  return ticks !== undefined && ticks === ticksOf(stat);
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

/** `quota`: holds when enough of the user's disk quota is left. */
import { map, type Observable } from "rxjs";
import type { Look, Place } from "../effects.js";
import { Abandon } from "../failure.js";
import { numberOf, wordOf } from "./argument.js";
import { type Ended, program } from "./command.js";
import type { Tools } from "./tools.js";

interface QuotaWords {
  /** kB */
  readonly atleast: unknown;
  readonly mnt?: unknown;
}

/** Asks `quota -uw [-f mnt]` (quota(1)), in English. What it prints is small: the tail of its output is all of it. */
export const quota = (tools: Tools, { atleast, mnt }: QuotaWords, place: Place): Observable<Look> => {
  const least = numberOf("atleast", atleast);
  const words = mnt === undefined ? [] : ["-f", wordOf("mnt", mnt)];
  // The exit status is 1 for whoever is over quota: what was printed decides, and is asked for by failing.
  return program(tools, {
    file: "/bin/sh",
    arguments: [
      "-c",
      'LC_ALL=C quota "$@"; status=$?; [ "$status" = 127 ] && exit 127; exit 3',
      "quota",
      "-uw",
      ...words,
    ],
    directory: place.directory,
    shown: ["quota", "-uw", ...words].join(" "),
    log: false,
  }).pipe(map((ended) => look(ended, least)));
};

const look = (ended: Ended, least: number): Look => {
  if (ended.status === 127) {
    throw new Abandon({ reason: "not_started", command: ended.command, message: "there is no program quota" });
  }
  const left = leftOf(ended.output);
  if (left === undefined) return { holds: false, because: `\`${ended.command}\` told no quota: ${ended.output}` };
  if (left >= least) return { holds: true };
  return { holds: false, because: `${left} kB of quota are left, and ${least} kB are needed` };
};

/**
 * The kB left on the last file system named. A limit of 0 is none, and `quota` says `none` for a user without one:
 * then all of the disk is left.
 */
export const leftOf = (printed: string): number | undefined => {
  const line = printed.trimEnd().split("\n").at(-1) ?? "";
  if (/: none\s*$/.test(line)) return Number.POSITIVE_INFINITY;
  const [, used = "", limit = ""] = line.trim().split(/\s+/);
  // A star marks a file system that is over its quota.
  if (!/^\d+\*?$/.test(used) || !/^\d+$/.test(limit)) return undefined;
  return Number(limit) === 0 ? Number.POSITIVE_INFINITY : Number(limit) - Number.parseInt(used, 10);
};

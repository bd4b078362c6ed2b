/** `quota`: holds when enough of the user's disk quota is left. */
import { defer, map, type Observable } from "rxjs";
import type { CheckResult } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { type ExecResult, exec } from "../system/processes/exec.js";
import { type Arguments, refused, wholeIn, wordIn } from "./argument.js";

/**
 * Asks `quota -uw [-f mnt]` (quota(1)), which counts in kB. Fails as `not_started` where there is no such program, and
 * as `refused` where there is no quota to ask about: then it would wait for ever.
 */
export const quota = (args: Arguments): Observable<CheckResult> =>
  defer(() => {
    const least = wholeIn(args, "atleast");
    const mnt = wordIn(args, "mnt");
    const words = ["-uw", ...(mnt === undefined ? [] : ["-f", mnt])];
    return exec("quota", words).pipe(map((answer) => look(["quota", ...words].join(" "), answer, least)));
  });

const look = (command: string, { status, stdout, stderr, problem }: ExecResult, least: number): CheckResult => {
  if (problem !== undefined) {
    const message = problem === "ENOENT" ? "there is no program quota; install the package quota" : problem;
    throw new Abandon({ reason: "not_started", command, message });
  }
  const found = lastQuota(stdout);
  if (found !== undefined) {
    const { filesystem, left } = found;
    if (left >= least) return { holds: true };
    return { holds: false, message: `${left} kB of quota are left on ${filesystem}, and ${least} kB have to be` };
  }
  const said = [stdout, stderr].map((text) => text.trim().split("\n")[0] ?? "").filter(Boolean);
  if (said.some((line) => NO_QUOTA.test(line))) {
    throw refused(
      "quota",
      `\`${command}\` says that there is none: ${said.join("; ")}. Take this check out, or use -c`,
    );
  }
  // A file server that does not answer at the moment may do so later.
  const instead = said.join("; ") || (status === null ? "it was ended" : `nothing, and exit status ${status}`);
  return { holds: false, message: `\`${command}\` tells of no quota: ${instead}` };
};

const NO_QUOTA = /: none\b|not found or has no quota enabled/;

/**
 * What is left on the last file system that is listed, which is the one that the Python tool looks at too; `mnt` names
 * another. The exit status tells nothing more: it is 1 for who is over some quota.
 */
export const lastQuota = (printed: string): { readonly filesystem: string; readonly left: number } | undefined => {
  const row = printed
    .split("\n")
    .map((line) => ROW.exec(line))
    .findLast((match) => match !== null);
  if (!row) return undefined;
  const [, filesystem = "", used, soft, hard] = row;
  // A limit of 0 is none: then the other is the limit, or there is as much as the disk has.
  const limit = Number(soft) || Number(hard) || Number.POSITIVE_INFINITY;
  return { filesystem, left: limit - Number(used) };
};

/** File system, kB used with a star where that is too much, soft limit, hard limit; grace and files do not matter. */
const ROW = /^\s*(\S.*?)\s+(\d+)\*?\s+(\d+)\s+(\d+)(?:\s|$)/;

/** `quota`: holds when enough of the user's disk quota is left. */
import { defer, map, type Observable } from "rxjs";
import type { CheckResult } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { type ExecResult, exec } from "../system/processes/exec.js";
import { type Arguments, integerIn, refused, textIn } from "./argument.js";

/**
 * Runs `quota -uw [-f mnt]` (quota(1)), which counts in kB. Fails as `not_started` if there is no such program, and as
 * `refused` if the user has no quota: the check would wait for ever.
 */
export const quota = (args: Arguments): Observable<CheckResult> =>
  defer(() => {
    const least = integerIn(args, "atleast");
    const mnt = textIn(args, "mnt");
    const flags = ["-uw", ...(mnt === undefined ? [] : ["-f", mnt])];
    return exec("quota", flags).pipe(map((answer) => resultOf(["quota", ...flags].join(" "), answer, least)));
  });

const resultOf = (command: string, { status, stdout, stderr, problem }: ExecResult, least: number): CheckResult => {
  if (problem !== undefined) {
    const message = problem === "ENOENT" ? "there is no program quota; install the package quota" : problem;
    throw new Abandon({ reason: "not_started", command, message });
  }
  const found = lastQuota(stdout);
  if (found !== undefined) {
    const { filesystem, left } = found;
    if (left >= least) return { holds: true };
    return { holds: false, message: `${left} kB of quota are left on ${filesystem}, and ${least} kB are needed` };
  }
  const firstLines = [stdout, stderr].map((text) => text.trim().split("\n")[0] ?? "").filter(Boolean);
  if (firstLines.some((line) => NO_QUOTA.test(line))) {
    throw refused("quota", `\`${command}\` reports no quota: ${firstLines.join("; ")}. Remove this check, or use -c`);
  }
  // A file server that does not answer now may answer later.
  const answer = firstLines.join("; ") || (status === null ? "a signal ended it" : `no output, exit status ${status}`);
  return { holds: false, message: `\`${command}\` shows no quota: ${answer}` };
};

const NO_QUOTA = /: none\b|not found or has no quota enabled/;

/**
 * The quota left on the last file system in the list, the one that the Python tool takes; `mnt` selects another one. The
 * exit status adds nothing: it is 1 for a user who is over any quota.
 */
export const lastQuota = (printed: string): { readonly filesystem: string; readonly left: number } | undefined => {
  const row = printed
    .split("\n")
    .map((line) => ROW.exec(line))
    .findLast((match) => match !== null);
  if (!row) return undefined;
  const [, filesystem = "", used, soft, hard] = row;
  // A limit of 0 is no limit: then the other limit holds, or the size of the disk.
  const limit = Number(soft) || Number(hard) || Number.POSITIVE_INFINITY;
  return { filesystem, left: limit - Number(used) };
};

/** File system, kB used (with a star if over the limit), soft limit, hard limit; the rest of the row is not used. */
const ROW = /^\s*(\S.*?)\s+(\d+)\*?\s+(\d+)\s+(\d+)(?:\s|$)/;

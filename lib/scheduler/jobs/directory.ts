/** Where what belongs to a job is kept: a directory each, below the state directory, that its node can see too. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { clustersOf, commentOf, headerOf } from "../../backends/slurm/directives.js";
import type { JobRequest } from "../../effects/backend.js";
import { makeDirectorySync } from "../../system/files/make-directory.js";
import type { Claims } from "../../system/processes/claims.js";
import { guarded } from "../guard/guard.js";
import { MARK } from "../poll/ownership.js";
import { identityIn, randomIdentity } from "./identity.js";

export interface JobDirectories {
  /** Tells this hand-over from every other one, of every ensemble; in characters that Slurm leaves as they are. */
  mark(token: string): string;
  directory(token: string): string;
  /** Makes the directory and what is submitted from it. Throws what the file system says. */
  prepare(request: JobRequest): Submission;
  /** Whether what was submitted under that token is guarded. */
  guards(request: JobRequest): boolean;
  /**
   * Whether its place is on the file system of the run directory: where its node can work, it can leave a trace.
   */
  near(request: JobRequest): boolean;
  /** Clusters that its script names. */
  clusters(request: JobRequest): readonly string[];
  /** All that is kept of it may go once that it ended is remembered. */
  ended(token: string): void;
}

/** What is handed to sbatch. */
export interface Submission {
  readonly script: string;
  readonly comment: string;
}

/**
 * `claims` are those of the state directory. Without them nothing outlives the program, and `scratch` on this machine
 * will do; no node can see that, so nothing is guarded.
 */
export const openJobDirectories = (claims: Claims | undefined, scratch: string): JobDirectories => {
  const root = claims?.path(".") ?? scratch;
  let identity: string | undefined;
  const mark = (token: string) => {
    identity ??= claims === undefined ? randomIdentity() : identityIn(claims);
    return `${identity}.${token.replace(/[^A-Za-z0-9._-]/g, "_")}`;
  };
  // By the mark: what an ensemble that was begun anew hands over has nothing in common with what it had handed over.
  const directory = (token: string) => join(root, mark(token));
  return {
    mark,
    directory,
    prepare: (request) => {
      const { token, guard } = request;
      const file = fileOf(request);
      const text = readFileSync(file);
      const own = directory(token);
      makeDirectorySync(join(own, SCRIPT), 0o700);
      const theirs = commentOf(headerOf(text.toString("latin1")));
      const comment = `${MARK}${mark(token)}${theirs === undefined ? "" : ` ${theirs}`}`;
      const with_guard =
        guard && claims !== undefined ? guarded(text, { directory: own, root, mark: mark(token) }) : undefined;
      if (with_guard === undefined) return { script: file, comment };
      // Under its own name: a job without a name is called by that of its script.
      const script = join(own, SCRIPT, basename(file));
      writeFileSync(script, with_guard, { mode: 0o700 });
      chmodSync(script, 0o700);
      return { script, comment };
    },
    guards: ({ token, script }) => claims !== undefined && existsSync(join(directory(token), SCRIPT, basename(script))),
    near: ({ token, directory: run }) => {
      const [own, work] = [directory(token), run].map((path) => statSync(path, { throwIfNoEntry: false }));
      return own !== undefined && own.dev === work?.dev;
    },
    clusters: (request) => {
      try {
        return clustersOf(headerOf(readFileSync(fileOf(request), "latin1")));
      } catch {
        // What cannot be read is told of where it is handed over.
        return [];
      }
    },
    ended: (token) => claims?.ended(directory(token)),
  };
};

/** In a directory of its own: it may have any name. */
const SCRIPT = "script";

const fileOf = ({ script, directory }: JobRequest): string => (isAbsolute(script) ? script : join(directory, script));

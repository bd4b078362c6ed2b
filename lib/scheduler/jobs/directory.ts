/** One directory per job, below the state directory, where the job's node can write. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import type { JobRequest } from "../../effects/backend.js";
import { makeDirectorySync } from "../../system/files/make-directory.js";
import type { Claims } from "../../system/processes/claims.js";
import type { Dialect, Directives, OutputPattern } from "../dialect.js";
import { guarded } from "../guard/guard.js";
import { keepEarlierOutput } from "./earlier-output.js";
import { identityIn, knownIdentity, randomIdentity } from "./identity.js";

export interface JobDirectories {
  /** Tells this submission from every other one of every ensemble, in characters that schedulers keep as they are. */
  mark(token: string): string;
  directory(token: string): string;
  /** Makes the directory and the script to submit. Throws what the file system says. */
  prepare(request: JobRequest): PreparedJob;
  /** Whether the script that was submitted under that token has a guard. */
  guards(request: JobRequest): boolean;
  /** Whether the directory is on the file system of the run directory: a node that can work can then leave a trace. */
  sharesFileSystem(request: JobRequest): boolean;
  /** The clusters that the script names. */
  clusters(request: JobRequest): readonly string[];
  /** Where the scheduler writes the job's output; undefined where the script cannot be read. */
  output(request: JobRequest, id: string, name: string | undefined): OutputPattern | undefined;
  /** The journal knows how the job ended: the directory may go. */
  ended(token: string): void;
}

/** What is submitted. */
export interface PreparedJob {
  readonly script: string;
  readonly mark: string;
  readonly directives: Directives;
}

/**
 * `claims`: those of the state directory. Without them nothing survives the program: `scratch`, on this machine, will do,
 * and since no node sees it, no job has a guard.
 */
export const openJobDirectories = (dialect: Dialect, claims: Claims | undefined, scratch: string): JobDirectories => {
  const root = claims?.path(".") ?? scratch;
  let identity: string | undefined;
  const mark = (token: string) => {
    identity ??= claims === undefined ? randomIdentity() : identityIn({ claims, name: dialect.name });
    return markOf(identity, token);
  };
  // By the mark: an ensemble that starts over shares no directory with its former self.
  const directory = (token: string) => join(root, mark(token));
  const output = (request: JobRequest, id: string, name?: string) => {
    const script = textOf(request);
    if (script === undefined) return undefined;
    const { directory } = request;
    return dialect.outputOf({
      script,
      file: basename(request.script),
      directory,
      id,
      ...(name !== undefined && { name }),
    });
  };
  return {
    mark,
    directory,
    prepare: (request) => {
      const { token, guard } = request;
      const file = fileOf(request);
      const bytes = readFileSync(file);
      if (request.retry) keepEarlierOutput((id) => output(request, id));
      const own = directory(token);
      makeDirectorySync(join(own, SCRIPT), 0o700);
      const directives = dialect.directives(bytes.toString("latin1"));
      const prepared = { mark: mark(token), directives };
      const place = { directory: own, root, mark: prepared.mark };
      const withGuard = guard && claims !== undefined ? guarded(dialect, bytes, place) : undefined;
      if (withGuard === undefined) return { script: file, ...prepared };
      // Under its own name: a job without a name is called by that of its script.
      const script = join(own, SCRIPT, basename(file));
      writeFileSync(script, withGuard, { mode: 0o700 });
      chmodSync(script, 0o700);
      return { script, ...prepared };
    },
    guards: ({ token, script }) => claims !== undefined && existsSync(join(directory(token), SCRIPT, basename(script))),
    sharesFileSystem: ({ token, directory: run }) => {
      const [own, work] = [directory(token), run].map((path) => statSync(path, { throwIfNoEntry: false }));
      return own !== undefined && own.dev === work?.dev;
    },
    clusters: (request) => {
      const script = textOf(request);
      return script === undefined ? [] : dialect.directives(script).clusters;
    },
    output,
    ended: (token) => claims?.ended(directory(token)),
  };
};

/** Where an ensemble keeps a job, for readers that make nothing; undefined where nothing was submitted under a mark yet. */
export const jobPlace = (
  { name }: Dialect,
  claims: Pick<Claims, "path">,
  token: string,
): { readonly mark: string; readonly directory: string } | undefined => {
  const identity = knownIdentity({ claims, name });
  if (identity === undefined) return undefined;
  const mark = markOf(identity, token);
  return { mark, directory: join(claims.path("."), mark) };
};

const markOf = (identity: string, token: string): string => `${identity}.${token.replace(/[^A-Za-z0-9._-]/g, "_")}`;

/** A directory of its own for the script, which may have any name. */
const SCRIPT = "script";

const fileOf = ({ script, directory }: JobRequest): string => (isAbsolute(script) ? script : join(directory, script));

/** A script that cannot be read is reported where it is submitted. */
const textOf = (request: JobRequest): string | undefined => {
  try {
    return readFileSync(fileOf(request), "latin1");
  } catch {
    return undefined;
  }
};

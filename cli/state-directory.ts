/** The state directory of an ensemble: for all commands, the directory in which a start keeps its journal. */
import { createHash } from "node:crypto";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { isStateOf, lastingName, stateDirectories } from "../lib/index.js";

/**
 * The directory given with `--state-dir`; by default `.ensemble/<name>`, in the directory where the program was started.
 * Rejects with a `RangeError`, whose message is a sentence, if the configuration has no name that lasts.
 */
export const stateDirectoryOf = async (configuration: string, given?: string): Promise<string> => {
  if (given !== undefined) return resolve(given);
  const real = await lastingName(configuration);
  if (real === undefined)
    throw new RangeError(
      `${configuration} has no name that lasts (it is a pipe, a terminal or a deleted file), so no later start would find its journal: give the journal a directory with --state-dir DIR`,
    );
  const directory = below(nameOf(relative(process.cwd(), real)));
  const former = below(formerNameOf(configuration));
  if (directory === former || (await hasState(directory))) return directory;
  return (await isStateOf(former, real)) ? former : directory;
};

/** The default state directory for `examineEnsemble`: none for a configuration without a name that lasts. */
export const stateOption = async (configuration: string): Promise<{ readonly state?: string }> =>
  (await lastingName(configuration)) === undefined ? {} : { state: await stateDirectoryOf(configuration) };

/**
 * Another directory in which this configuration was started, if a start in the present one would begin anew: that of the
 * configuration, or one above the present one. `directory`: the state directory of the start.
 */
export const startedElsewhere = async (configuration: string, directory: string): Promise<string | undefined> => {
  const real = await lastingName(configuration);
  if (real === undefined || (await hasState(directory))) return undefined;
  for (const other of [dirname(real), ...above(process.cwd())]) {
    if (other !== process.cwd() && (await hasState(join(other, ".ensemble", nameOf(relative(other, real))))))
      return other;
  }
  return undefined;
};

const hasState = async (directory: string): Promise<boolean> =>
  (await stateDirectories(dirname(directory))).includes(directory);

const above = (directory: string): readonly string[] =>
  dirname(directory) === directory ? [] : [dirname(directory), ...above(dirname(directory))];

/** The state directories of all ensembles that were started here, or the one given with `--state-dir`. */
export const startedHere = async (given?: string): Promise<readonly string[]> =>
  given === undefined ? stateDirectories(resolve(".ensemble")) : [resolve(given)];

const below = (name: string): string => resolve(join(".ensemble", name));

/** From so many bytes on, a name is shortened: file systems take 255 at most. */
const LONG = 200;

/**
 * `e.yaml` becomes `e`, and `a/b.yaml` becomes `a+b`. Other endings stay, and so does a `+`, in another form: two
 * configurations have two names. `path`: the real path, relative to the directory where the program was started.
 */
const nameOf = (path: string): string => {
  const name = path
    .replace(/(?<=[^/])\.yaml$/, "")
    .replaceAll("%", "%25")
    .replaceAll("+", "%2B")
    .replaceAll("/", "+");
  if (Buffer.byteLength(name) < LONG) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${Buffer.from(name)
    .subarray(-LONG / 2)
    .toString("latin1")
    .replace(/[^\w.+-]/g, "_")}-${digest}`;
};

/** The name that version 0.1 gave to a configuration: it left out every ending, and named the path as the user had. */
const formerNameOf = (configuration: string): string =>
  normalize(configuration)
    .replace(/\.[^./]+$/, "")
    .replaceAll("/", "+");

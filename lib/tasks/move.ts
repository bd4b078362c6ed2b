/** `move`: copies a run's directory with rsync into `<dest>/<run.id>/`, here or on another host. */
import { mkdir } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { concatMap, defer, from, map, type Observable, of } from "rxjs";
import type { Look, Place } from "../effects.js";
import { Abandon } from "../failure.js";
import { failureAt } from "../world/errors.js";
import { wordOf, wordsOf } from "./argument.js";
import { demand, program } from "./command.js";
import type { Tools } from "./tools.js";

interface MoveWords {
  readonly dest: unknown;
  readonly include?: unknown;
  readonly exclude?: unknown;
  readonly cwd?: unknown;
}

/** Fails as `command` unless all was copied: rsync's 23 and 24, "partial transfer", are failures too. */
export const move = (tools: Tools, words: MoveWords, place: Place): Observable<Look> =>
  defer(() => {
    const { run } = place;
    if (run === undefined)
      throw refused("dest", "only a run's directory can be moved, and this task is not part of a run");
    const source = words.cwd === undefined ? place.directory : resolve(place.directory, wordOf("cwd", words.cwd));
    const dest = wordOf("dest", words.dest);
    const target = isRemote(dest)
      ? `${dest.replace(/\/+$/, "")}/${run.id}/`
      : localTarget(source, resolve(place.directory, dest), run.id);
    const file = "rsync";
    const words_ = ["-aXE", ...filters(words), "--", `${local(source)}/`, target];
    return made$(isRemote(dest) ? undefined : target).pipe(
      concatMap(() =>
        program(tools, {
          file,
          arguments: words_,
          directory: place.directory,
          shown: [file, ...words_].join(" "),
          log: false,
        }),
      ),
      map((ended) => {
        demand("command", ended);
        return { holds: true as const };
      }),
    );
  });

/** rsync takes the first filter that matches. Only what is included is copied where nothing is said of the rest. */
const filters = ({ include, exclude }: MoveWords): readonly string[] => {
  const included = wordsOf("include", include);
  const excluded = wordsOf("exclude", exclude);
  return [
    ...included.map((pattern) => `--include=${pattern}`),
    ...(included.length > 0 && excluded.length === 0 ? ["*"] : excluded).map((pattern) => `--exclude=${pattern}`),
  ];
};

/** `host:path` and `user@host:path`; with a slash before the colon it is a path (rsync(1)). */
export const isRemote = (dest: string): boolean => /^[^/]+:/.test(dest);

const localTarget = (source: string, dest: string, id: string): string => {
  const target = join(dest, id);
  const inside = relative(source, target);
  if (inside === "" || (inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))) {
    throw refused(target, "it is inside the directory that is to be moved");
  }
  return `${local(target)}/`;
};

/** An absolute path cannot be taken for a host's. */
const local = (path: string): string => path.replace(/\/+$/, "");

const made$ = (target: string | undefined): Observable<unknown> =>
  target === undefined
    ? of(undefined)
    : from(
        mkdir(target, { recursive: true }).catch((error: unknown) => {
          throw new Abandon(failureAt(target, error));
        }),
      );

const refused = (path: string, message: string): Abandon => new Abandon({ reason: "refused", path, message });

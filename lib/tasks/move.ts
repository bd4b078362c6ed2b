/** `move`: copies a run's directory with rsync into `<dest>/<run.id>/`, here or on another host. */
import { concat, defer, ignoreElements, map, type Observable, switchMap } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { needDirectory } from "../system/files/make-directory.js";
import { type Arguments, refused, wordOf, wordsIn } from "./argument.js";
import { demand, directoryOf } from "./command.js";
import { demandApart, destinationOf } from "./destination.js";
import { type Ended, program } from "./program.js";
import type { Tools } from "./tools.js";

/**
 * Fails as `command` unless all was copied: rsync's 23 and 24, a partial transfer, are failures too. A second pass looks
 * at whether all has arrived, since `remove` comes next more often than not.
 */
export const move = (
  tools: Tools,
  args: Arguments,
  { run, ...place }: Place,
  claim?: string,
): Observable<CheckResult> =>
  defer(() => {
    const dest = wordOf("dest", args.dest);
    if (run === undefined) throw refused(dest, "only a run has a directory to move, and this task is not part of one");
    const source = directoryOf(args, place);
    const rsync = (
      options: readonly string[],
      target: string,
      how: { readonly claim?: string } = {},
    ): Observable<Ended> => {
      // What follows `--` is no option, whatever it looks like.
      const words = [...options, ...filtersOf(args), "--", source.endsWith("/") ? source : `${source}/`, target];
      const shown = ["rsync", ...words].join(" ");
      return program(tools, { file: "rsync", arguments: words, directory: source, shown, heard: true, ...how });
    };
    return defer(async () => {
      const destination = await destinationOf(dest, run.id, source);
      if (destination.local) {
        await demandApart(destination.target, tools.plan, run);
        await needDirectory(destination.target);
      }
      return destination;
    }).pipe(
      switchMap(({ target }) =>
        concat(
          rsync(COPY, target, claim === undefined ? {} : { claim }).pipe(
            map((ended) => demand("command", ended)),
            ignoreElements(),
          ),
          rsync(COMPARE, target).pipe(
            map((ended): CheckResult => {
              demand("command", ended);
              const missing = ended.output.split("\n").filter((line) => TO_DO.test(line));
              if (missing.length > 0) throw refused(target, `not all of it has arrived: ${missing.join(", ")}`);
              return { holds: true };
            }),
          ),
        ),
      ),
    );
  });

/** Whatever size and time say: an older file there of the same size and the same second would be left in its place. */
const COPY = ["-aXE", "--ignore-times"];
/** Tells what it would still have to copy. Not asked about is what a file system may round or not keep: times, owners. */
const COMPARE = ["-rlD", "--dry-run", "--size-only", "--itemize-changes"];
/** A file that would be sent, or something that would be made (rsync(1), `--itemize-changes`). */
const TO_DO = /^[<>ch][fdLDS]/;

/** rsync goes by the first filter that matches. Where only `include` is given, nothing else is copied. */
const filtersOf = (args: Arguments): readonly string[] => {
  const include = wordsIn(args, "include");
  const exclude = wordsIn(args, "exclude");
  return [
    ...include.map((pattern) => `--include=${bare(pattern)}`),
    ...(include.length > 0 && exclude.length === 0 ? ["*"] : exclude).map((pattern) => `--exclude=${bare(pattern)}`),
  ];
};

/** Without quotes around it, which the Python tool takes away as well. */
const bare = (pattern: string): string => pattern.replace(/^"+|"+$/g, "");

/** `move`: copies a run's directory with rsync into `<dest>/<run.id>/`, on this machine or another host. */
import { concat, defer, ignoreElements, map, type Observable, switchMap } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import { needDirectory } from "../system/files/make-directory.js";
import { type Arguments, demandText, refused, textsIn } from "./argument.js";
import { demandSuccess, directoryOf } from "./command.js";
import { demandApart, destinationOf } from "./destination.js";
import { type Ended, program } from "./program.js";
import type { Tools } from "./tools.js";

/**
 * Fails as `command` unless rsync copied everything: its 23 and 24, partial transfers, are failures too. A second pass
 * checks that everything has arrived, because `remove` usually comes next.
 */
export const move = (
  tools: Tools,
  args: Arguments,
  { run, ...place }: Place,
  claim?: string,
): Observable<CheckResult> =>
  defer(() => {
    const dest = demandText("dest", args.dest);
    if (run === undefined)
      throw refused(dest, "only a run has a directory to move, and this task is not part of a run");
    const source = directoryOf(args, place);
    const rsync = (
      options: readonly string[],
      target: string,
      traced: { readonly claim?: string } = {},
    ): Observable<Ended> => {
      // rsync takes nothing after `--` for an option.
      const argv = [...options, ...filtersOf(args), "--", source.endsWith("/") ? source : `${source}/`, target];
      const shown = ["rsync", ...argv].join(" ");
      return program(tools, { file: "rsync", arguments: argv, directory: source, shown, captured: true, ...traced });
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
            map((ended) => demandSuccess("command", ended)),
            ignoreElements(),
          ),
          rsync(COMPARE, target).pipe(
            map((ended): CheckResult => {
              demandSuccess("command", ended);
              const missing = ended.output.split("\n").filter((line) => TO_DO.test(line));
              if (missing.length > 0) throw refused(target, `not everything has arrived: ${missing.join(", ")}`);
              return { holds: true };
            }),
          ),
        ),
      ),
    );
  });

/** Ignores times: rsync would otherwise keep an older file there that has the same size and the same second. */
const COPY = ["-aXE", "--ignore-times"];
/** Lists what is still to copy. Times and owners are not compared, because a file system may round or drop them. */
const COMPARE = ["-rlD", "--dry-run", "--size-only", "--itemize-changes"];
/** A file to send, or an item to make (rsync(1), `--itemize-changes`). */
const TO_DO = /^[<>ch][fdLDS]/;

/** The first filter that matches decides in rsync. With `include` alone, nothing else is copied. */
const filtersOf = (args: Arguments): readonly string[] => {
  const include = textsIn(args, "include");
  const exclude = textsIn(args, "exclude");
  return [
    ...include.map((pattern) => `--include=${bare(pattern)}`),
    ...(include.length > 0 && exclude.length === 0 ? ["*"] : exclude).map((pattern) => `--exclude=${bare(pattern)}`),
  ];
};

/** Without quotes at its ends, which the Python tool removes as well. */
const bare = (pattern: string): string => pattern.replace(/^"+|"+$/g, "");

/** `move`: copies a run's directory with rsync into `<dest>/<run.id>/`, on this machine or another host. */
import { concat, defer, ignoreElements, map, type Observable, switchMap } from "rxjs";
import type { CheckResult, Place } from "../effects/effects.js";
import type { Copied } from "../events/run.js";
import { excludesAll, missingParents, withoutQuotes } from "../plan/patterns.js";
import { needDirectory } from "../system/files/make-directory.js";
import { type Arguments, demandText, flagIn, isGiven, refused, textsIn } from "./argument.js";
import { demandSuccess, directoryOf } from "./command.js";
import { demandApart, destinationOf } from "./destination.js";
import { type Ended, program } from "./program.js";
import type { Tools } from "./tools.js";

/**
 * Fails as `command` unless rsync copied everything: its exit statuses 23 and 24, partial transfers, are failures too. A
 * second pass checks that everything has arrived, because `remove` usually comes next. Fails as `refused` if a filter
 * selects no file.
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
              const copied = copiedIn(ended.output);
              if (tools.simulated !== true) demandFiles(args, source, copied);
              return { holds: true, ...(copied !== undefined && { copied }) };
            }),
          ),
        ),
      ),
    );
  });

/** Ignores times: rsync would otherwise not replace an older file that has the same size and the same second. */
const COPY = ["-aXE", "--ignore-times"];
/** Lists the files that are still to copy. Times and owners are not compared, because a file system may round or drop them. */
const COMPARE = ["-rlD", "--dry-run", "--size-only", "--itemize-changes", "--stats", "--no-human-readable"];
/** A file to send, or an item to make (rsync(1), `--itemize-changes`). */
const TO_DO = /^[<>ch][fdLDS]/;

/** The first filter that matches decides in rsync. With `include` alone, nothing else is copied. */
const filtersOf = (args: Arguments): readonly string[] => {
  const include = textsIn(args, "include").map(withoutQuotes);
  const given = textsIn(args, "exclude").map(withoutQuotes);
  const exclude = include.length > 0 && given.length === 0 ? ["*"] : given;
  // rsync does not look into a directory that is excluded, whatever is included below.
  const parents = excludesAll(exclude) ? missingParents(include) : [];
  return [
    ...[...parents, ...include].map((pattern) => `--include=${pattern}`),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
  ];
};

/** Fails if a filter left nothing to copy: a `remove` that follows would lose the results. */
const demandFiles = (args: Arguments, source: string, copied: Copied | undefined): void => {
  if (copied?.files !== 0 || flagIn(args, "allow_empty")) return;
  const filter = (["include", "exclude"] as const).find((name) => isGiven(args[name]));
  if (filter === undefined) return;
  const patterns = textsIn(args, filter).map((pattern) => `\`${pattern}\``);
  const why = `${filter === "include" ? "no file matches" : "no file is left by"} \`${filter}\` (${patterns.join(", ")})`;
  throw refused(source, `${why}, so nothing was copied; \`allow_empty: true\` allows that`);
};

/** The files and bytes that rsync counts in `--stats`. Undefined before rsync 3.1, which counts directories as files. */
const copiedIn = (output: string): Copied | undefined => {
  const [, all, kinds = ""] = /^Number of files: (\d+)(?: \(([^)]*)\))?$/m.exec(output) ?? [];
  const [, bytes] = /^Total file size: (\d+) bytes$/m.exec(output) ?? [];
  if (all === undefined || bytes === undefined || (kinds === "" && all !== "0")) return undefined;
  const [, directories = "0"] = /\bdir: (\d+)/.exec(kinds) ?? [];
  return { files: Number(all) - Number(directories), bytes: Number(bytes) };
};

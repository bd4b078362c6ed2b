/** `move`: copies a run's directory with rsync into `<dest>/<run.id>/`, on this machine or another host. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  ignoreElements,
  map,
  type Observable,
  of,
  throwError,
} from "rxjs";
import type { CheckResult, Place } from "../../effects/effects.js";
import { Abandon } from "../../events/failure.js";
import type { Copied } from "../../events/run.js";
import { problemWithOption } from "../../plan/rsync-options.js";
import { needDirectory } from "../../system/files/make-directory.js";
import { type Arguments, demandText, refused, textsIn } from "../argument.js";
import { demandSuccess, directoryOf } from "../command.js";
import { type Ended, program } from "../program.js";
import type { Tools } from "../tools.js";
import { refusedAttributes } from "./attributes.js";
import { demandApart, destinationOf } from "./destination.js";
import { demandFiles, filtersOf } from "./selection.js";

/**
 * Returns `move` for one ensemble. It fails as `command` unless rsync copied everything: its exit statuses 23 and 24,
 * partial transfers, are failures too. A second pass checks that everything has arrived, because `remove` usually comes
 * next. It fails as `refused` if a filter selects no file. If the destination takes no extended attributes, it succeeds
 * without them, and its result tells.
 */
export const openMove = (tools: Tools) => {
  // Destinations without extended attributes: the later runs need not find out again, nor tell.
  const plain = new Set<string>();
  return (args: Arguments, { run, ...place }: Place, claim?: string): Observable<CheckResult> =>
    defer(async () => {
      const dest = demandText("dest", args.dest);
      if (run === undefined)
        throw refused(dest, "only a run has a directory to move, and this task is not part of a run");
      const options = optionsIn(args);
      const source = directoryOf(args, place);
      const { target, local } = await destinationOf(dest, run.id, source);
      if (local) {
        await demandApart(target, tools.plan, run);
        await needDirectory(target);
      }
      return { dest, args, options, source, target, local };
    }).pipe(
      concatMap((transfer) =>
        copy$(tools, transfer, { plain, ...(claim !== undefined && { claim }) }).pipe(
          concatMap((message) => concat(sync$(tools, transfer), compare$(tools, transfer, message))),
        ),
      ),
    );
};

interface Transfer {
  readonly dest: string;
  readonly args: Arguments;
  readonly options: readonly string[];
  readonly source: string;
  readonly target: string;
  /** Whether the target is on this machine. */
  readonly local: boolean;
}

/** The options of the user. The value of a reference is checked here for the first time. */
const optionsIn = (args: Arguments): readonly string[] =>
  textsIn(args, "options").map((option) => {
    const problem = problemWithOption(option);
    if (problem !== undefined) throw refused(option, problem);
    return option;
  });

/** Copies everything. Emits what was left out of it, in words, or undefined. */
const copy$ = (
  tools: Tools,
  transfer: Transfer,
  { plain, claim }: { readonly plain: Set<string>; readonly claim?: string },
): Observable<string | undefined> => {
  const plainly = [...COPY_PLAIN, ...withoutAcls(transfer.options)];
  const isPlain = plain.has(transfer.dest);
  const options = isPlain ? plainly : [...COPY, ...transfer.options];
  return rsync$(tools, transfer, { options, ...(claim !== undefined && { claim }) }).pipe(
    concatMap((ended) => {
      const refusal = isPlain ? undefined : refusedAttributes(ended);
      if (refusal === undefined) return of(demandCopied(ended));
      // Without a claim: a later start does not wait for this copy, but makes the same copy beside it.
      return rsync$(tools, transfer, { options: plainly }).pipe(
        map((again) => {
          demandCopied(again);
          if (refusal === "unsupported") plain.add(transfer.dest);
          return `${LEFT_OUT[refusal]}: ${lineIn(ended)}`;
        }),
      );
    }),
  );
};

/**
 * Waits until the copies are on the disk: the run counts as archived, and a `remove` may follow, so that a power cut must
 * lose no copy. syncfs(2), which `sync -f` calls, covers renamed files and new directories, as rsync's `--fsync` does not.
 */
const sync$ = (tools: Tools, { source, target, local }: Transfer): Observable<never> => {
  if (!local || tools.simulated === true) return EMPTY;
  const argv = ["-f", target];
  return program(tools, { file: "sync", arguments: argv, directory: source, shown: ["sync", ...argv].join(" ") }).pipe(
    map(demandCopied),
    ignoreElements(),
    // A system without this program cannot be asked.
    catchError((error: unknown) =>
      error instanceof Abandon && error.failure.reason === "not_started" ? EMPTY : throwError(() => error),
    ),
  );
};

/** Checks that everything has arrived, and counts it. */
const compare$ = (tools: Tools, transfer: Transfer, message: string | undefined): Observable<CheckResult> =>
  rsync$(tools, transfer, { options: [...COMPARE, ...withoutAcls(transfer.options)] }).pipe(
    map((ended) => {
      demandCopied(ended);
      const missing = ended.output.split("\n").filter((line) => TO_DO.test(line));
      if (missing.length > 0) throw refused(transfer.target, `not everything has arrived: ${missing.join(", ")}`);
      const copied = copiedIn(ended.output);
      if (tools.simulated !== true) demandFiles(transfer.args, transfer.source, copied);
      return { holds: true, ...(copied !== undefined && { copied }), ...(message !== undefined && { message }) };
    }),
  );

/** Ignores times: rsync would otherwise not replace an older file that has the same size and the same second. */
const COMMON = ["--sparse", "--ignore-times"];
const COPY = ["-aXE", ...COMMON];
const COPY_PLAIN = ["-aE", ...COMMON];
/** Lists the files that are still to copy. Times and owners are not compared, because a file system may round or drop them. */
const COMPARE = ["-rlD", "--dry-run", "--size-only", "--itemize-changes", "--stats", "--no-human-readable"];
/** A file to send, or an item to make (rsync(1), `--itemize-changes`). */
const TO_DO = /^[<>ch][fdLDS]/;

const rsync$ = (
  tools: Tools,
  { args, source, target }: Transfer,
  { options, ...traced }: { readonly options: readonly string[]; readonly claim?: string },
): Observable<Ended> => {
  // rsync takes nothing after `--` for an option.
  const files = ["--", source.endsWith("/") ? source : `${source}/`, target];
  const argv = [...options, ...filtersOf(args), ...files];
  const shown = ["rsync", ...argv].join(" ");
  return program(tools, { file: "rsync", arguments: argv, directory: source, shown, captured: true, ...traced });
};

const demandCopied = (ended: Ended): undefined => {
  demandSuccess("command", ended);
};

const withoutAcls = (options: readonly string[]): readonly string[] =>
  options.filter((option) => option !== "--acls" && option !== "-A");

const LEFT_OUT = {
  unsupported:
    "the destination takes no extended attributes or ACLs, so this run and later ones are copied without them",
  too_large: "the destination does not take extended attributes this large, so the run is copied without them",
} as const;

const lineIn = ({ output }: Ended): string =>
  output.split("\n").find((line) => /xattr|acl|extended attributes/i.test(line)) ?? output;

/** The files and bytes that rsync counts in `--stats`. Undefined before rsync 3.1, which counts directories as files. */
const copiedIn = (output: string): Copied | undefined => {
  const [, all, kinds = ""] = /^Number of files: (\d+)(?: \(([^)]*)\))?$/m.exec(output) ?? [];
  const [, bytes] = /^Total file size: (\d+) bytes$/m.exec(output) ?? [];
  if (all === undefined || bytes === undefined || (kinds === "" && all !== "0")) return undefined;
  const [, directories = "0"] = /\bdir: (\d+)/.exec(kinds) ?? [];
  return { files: Number(all) - Number(directories), bytes: Number(bytes) };
};

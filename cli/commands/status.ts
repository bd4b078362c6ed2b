/** `status`: prints the progress of an ensemble, from its journal. It takes no lock, so that it also works during a run. */
import { setTimeout as sleep } from "node:timers/promises";
import { initial, JournalDamage, originalOf, ownerOf, readEvents, reduce, type State, tally } from "../../lib/index.js";
import type { StatusRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeJson, writeStderr } from "../output.js";
import { startedHere, stateDirectoryOf } from "../state-directory.js";
import { paletteOf, wantsColor, wantsUnicode } from "../views/color.js";
import { printable } from "../views/format.js";
import { frame } from "../views/tree/frame.js";
import { glyphsOf } from "../views/tree/glyphs.js";
import { stagesNow } from "../views/tree/stages-now.js";

const POLL_MS = 2000;

export const status = async (request: StatusRequest): Promise<number> => {
  const { configuration } = request;
  let directories: readonly string[];
  try {
    directories =
      configuration === undefined
        ? await startedHere(request.stateDir)
        : [await stateDirectoryOf(configuration, request.stateDir)];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    writeStderr(`error: ${printable(error.message)}\n`);
    return EXIT.refused;
  }
  if (directories.length === 0) {
    writeStderr("error: no ensemble was started here (there is no .ensemble)\n");
    return EXIT.refused;
  }
  for (;;) {
    const statuses: EnsembleStatus[] = [];
    for (const directory of directories) {
      const result = await readStatus(directory);
      if (typeof result === "number") return result;
      statuses.push(result);
    }
    if (request.watch && process.stdout.isTTY) process.stdout.write("\x1b[H\x1b[2J");
    print(statuses, request);
    // A watch ends when no ensemble is running.
    if (!request.watch || statuses.every(({ owner }) => owner === undefined || owner.alive === false)) return EXIT.ok;
    await sleep(POLL_MS);
  }
};

interface EnsembleStatus {
  readonly directory: string;
  readonly state: State;
  readonly owner: Awaited<ReturnType<typeof ownerOf>>;
  /** The state directory that this one is a copy of. */
  readonly original: string | undefined;
}

const readStatus = async (directory: string): Promise<EnsembleStatus | number> => {
  const state = initial();
  try {
    const files = await readEvents(directory, (event) => reduce(state, event));
    if (files.length === 0) throw Object.assign(new Error(), { code: "ENOENT" });
  } catch (error) {
    if (error instanceof JournalDamage) {
      writeStderr(`error: ${printable(error.path)} is damaged: ${error.message}\n`);
      return EXIT.damaged;
    }
    if (!(error instanceof Error) || !("code" in error)) throw error;
    writeStderr(`error: there is no journal in ${printable(directory)}: the ensemble was not started from here\n`);
    return EXIT.refused;
  }
  const original = await originalOf(directory, placeIn(state));
  return { directory, state, original, owner: original === undefined ? await ownerOf(directory) : undefined };
};

/** A journal of version 0.1 tells only where the ensemble was started. */
const placeIn = ({ started, opened }: State) => started?.place ?? (opened && { directory: opened.directory });

const print = (statuses: readonly EnsembleStatus[], request: StatusRequest): void => {
  if (request.json) {
    const all = statuses.map(jsonOf);
    return writeJson(request.configuration === undefined ? all : all[0]);
  }
  for (const status of statuses) process.stdout.write(`${linesOf(status).join("\n")}\n`);
};

const linesOf = ({ state, owner, original, directory }: EnsembleStatus): readonly string[] => {
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : 200;
  const room = process.stdout.isTTY ? Math.max(3, (process.stdout.rows || 24) - 3) : 200;
  const style = {
    columns,
    room,
    interactive: false,
    glyphs: glyphsOf(wantsUnicode(process.env)),
    palette: paletteOf(wantsColor(process.env, process.stdout)),
  };
  const now = owner?.alive === false || owner === undefined ? lastTime(state) : Date.now();
  return [
    ...frame(state, stagesNow(state), now, style),
    original === undefined
      ? `  ${activityOf(state, owner)}; journal ${printable(directory)}`
      : `  ${printable(directory)} is a copy of ${printable(original)}, where the ensemble is`,
  ];
};

const lastTime = ({ started, active }: State): number =>
  Math.max(
    ...[started?.time, ...[...active.values()].map(({ since }) => since)].map((time) => Date.parse(time ?? "1970")),
  );

const activityOf = (state: State, owner: EnsembleStatus["owner"]): string => {
  if (owner?.alive) return `running in process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  if (owner !== undefined && owner.alive === undefined)
    return `perhaps still running in process ${owner.pid} on ${owner.host}, since ${owner.since}`;
  const { finished } = state;
  if (finished?.ok) return "finished: everything succeeded";
  if (finished === undefined || finished.interrupted > 0) return "not running: the same command resumes it";
  return finished.failed === 0
    ? "not running"
    : "not running: the same command with --retry-failed does failed runs again";
};

/** While the ensemble runs, the runs that have not ended are in progress or wait for their turn: none is interrupted. */
const runCounts = (state: State, running: boolean) => {
  const { interrupted, ...ended } = tally(state);
  const in_progress = state.active.size;
  return running
    ? { ...ended, interrupted: 0, in_progress, waiting: interrupted - in_progress }
    : { ...ended, interrupted, in_progress, waiting: 0 };
};

const jsonOf = ({ state, owner, original, directory }: EnsembleStatus) => ({
  ensemble: state.started?.ensemble,
  configuration: state.started?.configuration,
  backend: state.started?.backend,
  state_directory: directory,
  ...(original !== undefined && { copy_of: original }),
  at_work: owner !== undefined && owner.alive !== false ? owner : null,
  ...(state.finished !== undefined && { finished: state.finished }),
  counts: runCounts(state, owner?.alive === true),
  batches: [...state.batches.values()].map(({ name, runs, cycle, ended, active, succeeded, failed, skipped }) => ({
    batch: name,
    runs,
    cycle,
    ended,
    in_progress: active,
    succeeded,
    failed,
    skipped,
  })),
  in_progress: [...state.active.values()],
  failures: state.failures,
  failure_count: state.failureCount,
  ignored: state.ignored,
});

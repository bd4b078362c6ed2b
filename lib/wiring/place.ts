/** The place of an ensemble: where a start finds it, and whether that is the place that its journal remembers. */
import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import type { EnsemblePlace } from "../events/event.js";
import { shortened } from "../history/conflict.js";
import type { KnownPlace } from "../history/history.js";
import { uidOf } from "../journal/inspect.js";
import { isWithin, rebased } from "../plan/paths.js";
import type { Ensemble } from "../plan/plan.js";
import { codeOf } from "../system/files/errno.js";
import { lastingName } from "../system/files/lasting-name.js";
import { realOf } from "../system/files/real-path.js";
import { isSameFile } from "../system/files/same-file.js";
import { recordIn } from "./journal-record.js";

/** The place of a plan whose state directory exists. */
export const placeOf = async (plan: Ensemble, directory: string): Promise<EnsemblePlace> => {
  const configuration = await lastingName(resolve(plan.directory, plan.configuration));
  const [project, state] = await Promise.all([statusOf(plan.directory), statusOf(directory)]);
  const birth = project?.birthtimeNs ?? 0n;
  return {
    host: hostname(),
    directory: plan.directory,
    // A file system gives the number of a removed directory to a new one: only the time of its birth tells them apart.
    directory_id: project === undefined || birth === 0n ? "" : `${project.ino}-${birth}`,
    ...(configuration !== undefined && { configuration }),
    state: await realOf(directory),
    state_inode: state === undefined ? "" : String(state.ino),
    links: await linksIn(plan),
  };
};

/** What a start compares. */
export interface PlaceComparison {
  readonly known: KnownPlace | undefined;
  readonly now: EnsemblePlace;
  /** The id in the journal. */
  readonly uid: string;
  readonly basedirs: readonly string[];
  /** The runs whose jobs may still be in a scheduler's queue. */
  readonly queued: readonly string[];
  readonly acceptChanges: boolean;
}

/** The place, which tells whether the project was moved; or why the ensemble cannot be resumed there, as a message. */
export const comparePlaces = async (
  comparison: PlaceComparison,
): Promise<EnsemblePlace | { readonly refused: string }> => {
  const { known, now, uid, queued, acceptChanges } = comparison;
  if (known === undefined) return now;
  const state = known.state ?? rebased(now.state, now.directory, known.directory);
  const isSameState = state === now.state || (await isSameFile(state, now.state));
  if (!isSameState && (await uidOf(state)) === uid) return { refused: copied(known, now, state) };
  if (known.directory === now.directory) return (await otherIn(comparison, undefined)) ?? now;
  const isSameProject = await isSameFile(known.directory, now.directory);
  if (!isSameProject) {
    const problem = await notMoved(known, now, { isSameState, acceptChanges });
    if (problem !== undefined) return { refused: problem };
    // Under another name of its directory, a job starts where it should.
    if (queued.length > 0 && !acceptChanges) return { refused: movedWithJobs(known, now, queued) };
  }
  return (await otherIn(comparison, known.directory)) ?? { ...now, moved_from: known.directory };
};

/**
 * The state directory that a state directory was copied from, if that still has its journal: the jobs in the journal are
 * those of the original. Undefined if the state directory is an original itself.
 */
export const originalOf = async (
  directory: string,
  { state, directory: project }: Partial<EnsemblePlace> = {},
): Promise<string | undefined> => {
  const real = await realOf(directory);
  // By default, the state directory is `.ensemble/<name>` in the project.
  const original = state ?? (project && rebased(real, dirname(dirname(real)), project));
  if (original === undefined || original === real || (await isSameFile(original, real))) return undefined;
  const uid = await uidOf(real);
  return uid !== undefined && (await uidOf(original)) === uid ? original : undefined;
};

/** Whether a state directory holds the journal of this configuration, a real path. False if the journal is damaged. */
export const isStateOf = async (directory: string, configuration: string): Promise<boolean> => {
  const { history } = (await recordIn(directory).catch(() => undefined)) ?? {};
  const { place } = history ?? {};
  if (place?.configuration === undefined) return false;
  return isSameFile(resolve(place.directory, place.configuration), configuration);
};

/** Why a state directory is not taken for that of a project which was moved; undefined if it is. */
const notMoved = async (
  known: KnownPlace,
  now: EnsemblePlace,
  { isSameState, acceptChanges }: { readonly isSameState: boolean; readonly acceptChanges: boolean },
): Promise<string | undefined> => {
  if (now.directory_id !== "" && known.directory_id === now.directory_id) return undefined;
  const what = `${now.state} holds the state of an ensemble that was started in ${known.directory}`;
  if (await exists(known.directory)) {
    if (isSameState)
      return `${what}, and this one is in ${now.directory}: give it a state directory of its own with --state-dir DIR`;
    if (acceptChanges) return undefined;
    return `${what}, and that directory still exists: to start over in ${now.directory}, add --fresh; to resume that ensemble in ${now.directory} from now on, add --accept-changes`;
  }
  const isMovedState = known.state_inode !== undefined && known.state_inode === now.state_inode;
  if (acceptChanges || (!isSameState && (isMovedState || known.host === now.host))) return undefined;
  const other = isSameState ? "give this ensemble a state directory of its own with --state-dir DIR" : "add --fresh";
  return `${what} on ${known.host}, and there is no such directory here: if it was moved to ${now.directory}, add --accept-changes; otherwise ${other}`;
};

/** Whether the configuration or a base directory is another one than before, although it has the same place. */
const otherIn = async (
  { known, now, basedirs, acceptChanges }: PlaceComparison,
  movedFrom: string | undefined,
): Promise<{ readonly refused: string } | undefined> => {
  if (known === undefined || acceptChanges) return undefined;
  const moved = (path: string) => (movedFrom === undefined ? path : rebased(path, movedFrom, now.directory));
  if (known.configuration !== undefined && now.configuration !== undefined) {
    const before = moved(resolve(known.directory, known.configuration));
    if ((await exists(before)) && !(await isSameFile(before, now.configuration)))
      return { refused: otherConfiguration(now, before) };
  }
  for (const { path, real } of known.links ?? []) {
    const [link, before] = [moved(path), moved(real)];
    if (!basedirs.some((basedir) => isWithin(basedir, link))) continue;
    // Where the old directory is gone, its content was moved.
    if ((await exists(before)) && !(await isSameFile(link, before)))
      return { refused: otherLink(link, before, await realOf(link)) };
  }
  return undefined;
};

const copied = (known: KnownPlace, now: EnsemblePlace, original: string): string =>
  `${now.state} is a copy of ${original}, and the runs and jobs in its journal belong to the ensemble there. To resume that ensemble, start it in ${known.directory}. To start over in ${now.directory}, add --fresh, which moves the copied state aside, and remove the copied run directories or add -p`;

const movedWithJobs = (known: KnownPlace, now: EnsemblePlace, queued: readonly string[]): string =>
  `the project was moved from ${known.directory} to ${now.directory}, and as far as the journal tells, jobs of ${shortened(queued)} had not ended: a job that is still pending would start in the old directory. Move the project back until they have ended, or cancel them with \`model_ensemble cancel --all --state-dir ${now.state}\`; once they have ended, --accept-changes resumes the ensemble here`;

const otherConfiguration = ({ configuration = "", state }: EnsemblePlace, before: string): string =>
  `${state} holds the state of the ensemble ${before}, and ${configuration} is another configuration: give it a state directory of its own with --state-dir DIR; if it takes the place of the first, add --accept-changes`;

const otherLink = (link: string, before: string, real: string): string =>
  `${link} led to ${before} when this ensemble was started last, and leads to ${real === link ? "nothing" : real} now: the run directories are in the first. Point it to ${before} again; if their content is in its new place, add --accept-changes`;

/** Of each base directory, the part of its path that exists, if that leads elsewhere. */
const linksIn = async ({ batches }: Ensemble): Promise<EnsemblePlace["links"]> => {
  const links = new Map<string, string>();
  for (const basedir of new Set(batches.map((batch) => batch.basedir))) {
    const path = await existingPart(basedir);
    const real = await realOf(path);
    if (real !== path) links.set(path, real);
  }
  return [...links].map(([path, real]) => ({ path, real }));
};

const existingPart = async (path: string): Promise<string> =>
  dirname(path) === path || (await exists(path)) ? path : existingPart(dirname(path));

/** A path that cannot be read counts as one that exists. */
const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR";
  }
};

const statusOf = (path: string) => stat(path, { bigint: true }).catch(() => undefined);

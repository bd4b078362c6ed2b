/** `status`: how far an ensemble has come, from its journal; while it runs, or afterwards. It holds nobody up. */
import { resolve } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import {
  initial,
  JournalDamage,
  ownerOf,
  readEvents,
  reduce,
  type State,
  stateDirectories,
  tally,
} from "../../lib/index.js";
import type { StatusRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeJson, writeStderr } from "../output.js";
import { stateDirectoryOf } from "../paths.js";
import { paints, wantsColor, wantsUnicode } from "../views/color.js";
import { printable } from "../views/format.js";
import { frame } from "../views/tree/frame.js";
import { signsOf } from "../views/tree/signs.js";
import { stagesNow } from "../views/tree/stages-now.js";

const LOOK_MS = 2000;

export const status = async (request: StatusRequest): Promise<number> => {
  const { configuration } = request;
  const directories =
    configuration === undefined && request.stateDir === undefined
      ? await stateDirectories(resolve(".ensemble"))
      : [stateDirectoryOf(configuration ?? "", request.stateDir)];
  if (directories.length === 0) {
    writeStderr("error: no ensemble was started here (there is no .ensemble)\n");
    return EXIT.refused;
  }
  for (;;) {
    const accounts: EnsembleStatus[] = [];
    for (const directory of directories) {
      const account = await accountOf(directory);
      if (typeof account === "number") return account;
      accounts.push(account);
    }
    if (request.watch && process.stdout.isTTY) process.stdout.write("\x1b[H\x1b[2J");
    tell(accounts, request);
    // A watch is over when there is nothing to watch.
    if (!request.watch || accounts.every(({ owner }) => owner === undefined || owner.alive === false)) return EXIT.ok;
    await after(LOOK_MS);
  }
};

interface EnsembleStatus {
  readonly directory: string;
  readonly state: State;
  readonly owner: Awaited<ReturnType<typeof ownerOf>>;
}

const accountOf = async (directory: string): Promise<EnsembleStatus | number> => {
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
  return { directory, state, owner: await ownerOf(directory) };
};

const tell = (accounts: readonly EnsembleStatus[], request: StatusRequest): void => {
  if (request.json) {
    const all = accounts.map(forMachines);
    return writeJson(request.configuration === undefined ? all : all[0]);
  }
  for (const account of accounts) process.stdout.write(`${forPeople(account).join("\n")}\n`);
};

const forPeople = ({ state, owner, directory }: EnsembleStatus): readonly string[] => {
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : 200;
  const room = process.stdout.isTTY ? Math.max(3, (process.stdout.rows || 24) - 3) : 200;
  const look = {
    ...{ columns, room, interactive: false, signs: signsOf(wantsUnicode(process.env)) },
    paints: paints(wantsColor(process.env, process.stdout)),
  };
  const now = owner?.alive === false || owner === undefined ? lastTime(state) : Date.now();
  return [...frame(state, stagesNow(state), now, look), `  ${atWork(state, owner)}; journal ${printable(directory)}`];
};

const lastTime = ({ started, active }: State): number =>
  Math.max(
    ...[started?.time, ...[...active.values()].map(({ since }) => since)].map((time) => Date.parse(time ?? "1970")),
  );

const atWork = (state: State, owner: EnsembleStatus["owner"]): string => {
  if (owner?.alive) return `process ${owner.pid} on ${owner.host} is at work on it, since ${owner.since}`;
  if (owner !== undefined && owner.alive === undefined)
    return `process ${owner.pid} on ${owner.host} may be at work on it, since ${owner.since}`;
  if (state.finished?.ok) return "all is done";
  const left = state.finished === undefined || state.finished.interrupted > 0;
  return left ? "nobody is at work on it: the same command goes on" : "nobody is at work on it";
};

const forMachines = ({ state, owner, directory }: EnsembleStatus) => ({
  ensemble: state.started?.ensemble,
  configuration: state.started?.configuration,
  backend: state.started?.backend,
  state_directory: directory,
  at_work: owner !== undefined && owner.alive !== false ? owner : null,
  ...(state.finished !== undefined && { finished: state.finished }),
  counts: { ...tally(state), in_progress: state.active.size },
  batches: [...state.batches.values()].map(({ name, runs, cycle, ended, active, succeeded, failed, skipped }) => ({
    ...{ batch: name, runs, cycle, ended, in_progress: active, succeeded, failed, skipped },
  })),
  in_progress: [...state.active.values()],
  failures: state.failures,
  failure_count: state.failureCount,
});

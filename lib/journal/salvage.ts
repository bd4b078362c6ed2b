/** The salvage of a damaged journal: its intact lines become a new journal, and no lost line is guessed. */
import { readdir, readFile, rename } from "node:fs/promises";
import { emptyHistory, type History, type Tasks } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { disk } from "./disk.js";
import { checksumWritten, type Header, isEvent, isHeader, JOURNAL, lineAt, valueOf } from "./format.js";
import { damagedPath, segmentPath, segmentsIn } from "./layout.js";
import { acquire } from "./lock.js";
import { upgraded } from "./upgrade.js";
import { makeSegment } from "./writer.js";

export interface Salvage {
  /** The number of intact events, and of damaged bytes. */
  readonly events: number;
  readonly lost: number;
  /** The runs whose end is unknown. */
  readonly interrupted: readonly string[];
  /** The new path of the damaged file. */
  readonly aside: string;
}

/**
 * Moves the newest journal file aside and starts a new one with the history of the intact lines. Runs without a known end
 * become `interrupted`: the program repeats none of their tasks and jobs by itself. Rejects as `acquire` does.
 */
export const salvage = async (directory: string): Promise<Salvage> => {
  // `acquire` would make the directory, but without a journal to salvage nothing may be made.
  if (segmentsIn(await readdir(directory)).length === 0) {
    throw Object.assign(new Error("there is no journal"), { code: "ENOENT" });
  }
  const lock = await acquire({ disk, directory });
  try {
    const segment = Math.max(0, ...segmentsIn(await disk.list(directory)));
    const path = segmentPath(directory, segment);
    const { header, history, events, lost } = intactLines(await readFile(path));
    const interrupted = interruptOpenRuns(history);
    const aside = damagedPath(directory, segment);
    await lock.fence();
    const made = await makeSegment(disk, directory, {
      ...{ journal: JOURNAL, uid: header?.uid ?? "", segment: segment + 1, standing: history },
    });
    await made.file.close();
    await rename(path, aside);
    return { events, lost, interrupted, aside };
  } finally {
    await lock.release();
  }
};

/** The history of all intact lines, including those after the damage. */
const intactLines = (bytes: Buffer) => {
  let history = emptyHistory();
  let header: Header | undefined;
  let [offset, crc, events, lost] = [0, 0, 0, 0];
  while (offset < bytes.length) {
    const line = lineAt(bytes, offset, crc);
    if (line === undefined) {
      const stop = bytes.indexOf(10, offset);
      const next = stop < 0 ? bytes.length : stop + 1;
      lost += next - offset;
      // A damaged line may still hold the checksum from which the next line continues.
      [offset, crc] = [next, checksumWritten(bytes, next) ?? 0];
      continue;
    }
    const value = valueOf(line);
    if (isHeader(value)) {
      header = value;
      history = value.standing ?? history;
    } else if (isEvent(value)) {
      reduceHistory(history, upgraded(value));
      events += 1;
    }
    [offset, crc] = [line.end, line.crc];
  }
  return { header, history, events, lost };
};

/** Ends every run in doubt as interrupted, so that the user decides about the run. */
const interruptOpenRuns = (history: History): readonly string[] => {
  const interrupted: string[] = [];
  // Counts as a start on an unknown boot, so the next start never takes a started task for one that was not started.
  history.starts += 1;
  history.boots[history.starts] = "";
  moveToStart(history.tasks, history.starts);
  for (const batch of history.batches.values()) {
    moveToStart(batch.tasks, history.starts);
    for (const run of batch.runs.values()) {
      if (run.end !== undefined) continue;
      interrupted.push(run.id);
      run.end = { how: "failed", failure: { reason: "interrupted", command: run.id } };
    }
  }
  return interrupted;
};

const moveToStart = (tasks: Tasks, start: number) => {
  for (const [name, task] of tasks) if (task.state === "begun") tasks.set(name, { ...task, start });
};

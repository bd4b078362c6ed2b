/** What can be gone on with of a journal that is damaged: what is whole is believed, and what may be missing is not guessed. */
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
  /** Events that hold together, and bytes that do not. */
  readonly events: number;
  readonly lost: number;
  /** Runs of which it is not known how they went on. */
  readonly interrupted: readonly string[];
  /** Where the damaged file is now. */
  readonly aside: string;
}

/**
 * Puts the newest file of a journal aside, and begins the next one with what it still tells. Runs that are not known to
 * have ended are `interrupted`, and no task or job of theirs is begun by itself. Rejects as `openJournal` does.
 */
export const salvage = async (directory: string): Promise<Salvage> => {
  // The lock makes the directory: where there is nothing to salvage, there is to be nothing afterwards.
  if (segmentsIn(await readdir(directory)).length === 0) {
    throw Object.assign(new Error("there is no journal"), { code: "ENOENT" });
  }
  const lock = await acquire({ disk, directory });
  try {
    const segment = Math.max(0, ...segmentsIn(await disk.list(directory)));
    const path = segmentPath(directory, segment);
    const { header, history, events, lost } = gathered(await readFile(path));
    const interrupted = close(history);
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

/** Every line that holds together, whatever is between them. */
const gathered = (bytes: Buffer) => {
  let history = emptyHistory();
  let header: Header | undefined;
  let [offset, crc, events, lost] = [0, 0, 0, 0];
  while (offset < bytes.length) {
    const line = lineAt(bytes, offset, crc);
    if (line === undefined) {
      const stop = bytes.indexOf(10, offset);
      const next = stop < 0 ? bytes.length : stop + 1;
      lost += next - offset;
      // One that is damaged itself may still tell what the next one goes on from.
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

/** Makes every doubt a standstill that a person decides about. */
const close = (history: History): readonly string[] => {
  const interrupted: string[] = [];
  // A start of which nobody knows the machine: what was begun then is never thought not to have been.
  history.starts += 1;
  history.boots[history.starts] = "";
  doubt(history.tasks, history.starts);
  for (const batch of history.batches.values()) {
    doubt(batch.tasks, history.starts);
    for (const run of batch.runs.values()) {
      if (run.end !== undefined) continue;
      interrupted.push(run.id);
      run.end = { how: "failed", failure: { reason: "interrupted", command: run.id } };
    }
  }
  return interrupted;
};

const doubt = (tasks: Tasks, start: number) => {
  for (const [name, task] of tasks) if (task.state === "begun") tasks.set(name, { ...task, start });
};

/** The record that a journal keeps of the jobs of its ensemble. */
import { emptyHistory, type History } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { readEvents } from "../journal/inspect.js";

export interface JournalRecord {
  /** The state directory. */
  readonly directory: string;
  readonly history: History;
  /** The jobs of `submit` tasks, by task. */
  readonly submitted: ReadonlyMap<string, SubmittedByTask>;
}

export interface SubmittedByTask {
  /** The run or batch, and the task; for messages. */
  readonly what: string;
  readonly token: string;
  readonly id?: string;
  /** The start of the ensemble in which the job was submitted. */
  readonly start: number;
}

/** Reads the record. Rejects as `readEvents` does, and with ENOENT if there is no journal. */
export const recordIn = async (directory: string): Promise<JournalRecord> => {
  const history = emptyHistory();
  const submitted = new Map<string, SubmittedByTask>();
  const files = await readEvents(directory, (event) => {
    reduceHistory(history, event);
    if (event.type !== "job.submitting" && event.type !== "job.submitted") return;
    const { batch = "", run = "", cycle = 0, attempt = 0, task } = event;
    if (task === undefined) return;
    const key = [batch, run, cycle, attempt, task].join("\n");
    if (event.type === "job.submitting") {
      if (event.token === undefined) return;
      const what = [run || batch, task].filter((word) => word !== "").join(" ");
      submitted.set(key, { what, token: event.token, start: history.starts });
    } else {
      const before = submitted.get(key);
      if (before !== undefined) submitted.set(key, { ...before, id: event.job });
    }
  });
  if (files.length === 0) throw Object.assign(new Error("there is no journal"), { code: "ENOENT", path: directory });
  return { directory, history, submitted };
};

/** The stages of an ensemble as streams of words: what each does, its end, and its failure. listr2 subscribes to them. */
import { type Observable, ReplaySubject, take } from "rxjs";
import { type EnsembleStarted, type Event, explain, type Failure } from "../../../lib/index.js";

/** Where a stage stands, as its listr2 task tells it. */
export interface Stage {
  /** `pre_process`, a batch's name, `post_process`. */
  readonly name: string;
  readonly batch: boolean;
  readonly status: "waiting" | "running" | "done" | "failed";
  /** What it does at the moment, or why it failed. */
  readonly says?: string;
}

export interface Stages {
  readonly list: readonly { readonly name: string; readonly batch: boolean; readonly says$: Observable<string> }[];
  /** Takes an event to the stage that it is about. */
  tell(event: Event): void;
  /** Nothing more comes: a stage that is still open was cut short. One that never said a word was never reached. */
  close(): void;
}

export const stagesOf = ({ pre_process, post_process, batches }: EnsembleStarted): Stages => {
  const lists = new Map<string, StageLine>();
  const parts = new Map<string, StageLine>();
  const begun = new Set<StageLine>();
  const list: { name: string; batch: boolean; says$: StageLine }[] = [];
  const add = (name: string, among: Map<string, StageLine>) => {
    // listr2 subscribes a few turns later than events may come.
    const says$: StageLine = new ReplaySubject(1);
    says$.pipe(take(1)).subscribe({ next: () => begun.add(says$), error: () => undefined });
    among.set(name, says$);
    list.push({ name, batch: among === parts, says$ });
  };
  if (pre_process > 0) add("pre_process", lists);
  for (const { batch } of batches) add(batch, parts);
  if (post_process > 0) add("post_process", lists);
  const tasks: Readonly<Record<string, number>> = { pre_process, post_process };
  return {
    list,
    tell: (event) => {
      switch (event.type) {
        case "ensemble.resumed":
          for (const { batch, ok } of event.batches) if (ok) was(parts.get(batch));
          return;
        case "ensemble.finished":
          // What an earlier start has done is told of by nobody any more.
          if (event.ok) for (const line of lists.values()) was(line);
          return;
        case "batch.started":
          was(lists.get("pre_process"));
          parts.get(event.batch)?.next("started");
          return;
        case "batch.finished":
          end(parts.get(event.batch), event.ok ? undefined : event.failure);
          return;
        case "task.started":
        case "task.waiting":
        case "task.finished": {
          if (event.batch !== undefined) return;
          const [, name = "", index = ""] = /^(\w+)\[(\d+)\]$/.exec(event.task) ?? [];
          const line = lists.get(name);
          const place = `task ${Number(index) + 1} of ${tasks[name] ?? 0}, ${event.name}`;
          if (event.type === "task.started") line?.next(place);
          else if (event.type === "task.waiting") line?.next(`${place}, waits: ${event.message}`);
          else if (!event.ok) end(line, event.failure);
          else if (Number(index) + 1 === tasks[name]) end(line);
          return;
        }
        default:
          return;
      }
    },
    close: () => {
      for (const { says$ } of list) {
        // One that has ended takes no other end.
        if (begun.has(says$)) end(says$, { reason: "interrupted" });
        says$.complete();
      }
    },
  };
};

type StageLine = ReplaySubject<string>;

/** An earlier start has done it. A stage that ends without a word counts as never reached. */
const was = (line: StageLine | undefined) => {
  line?.next("done");
  line?.complete();
};

const end = (line: StageLine | undefined, failure?: Failure) => {
  if (failure === undefined) line?.complete();
  else line?.error(new Error(explain(failure)));
};

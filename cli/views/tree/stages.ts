/** The stages of an ensemble as streams of messages, one per stage. listr2 subscribes to them. */
import { type Observable, ReplaySubject, take } from "rxjs";
import { batchFailure, type EnsembleStarted, type Event, explain, type Failure } from "../../../lib/index.js";

/** The status of a stage, as read from its listr2 task. */
export interface Stage {
  /** `pre_process`, a batch's name, `post_process`. */
  readonly name: string;
  readonly batch: boolean;
  readonly status: "waiting" | "running" | "done" | "failed";
  /** What the stage does now, or why it failed. */
  readonly message?: string;
}

export interface Stages {
  readonly list: readonly { readonly name: string; readonly batch: boolean; readonly message$: Observable<string> }[];
  /** Passes an event to its stage. */
  update(event: Event): void;
  /** Ends all stages. A stage that has emitted a message counts as interrupted, any other as never started. */
  close(): void;
}

export const stagesOf = ({ pre_process, post_process, batches }: EnsembleStarted): Stages => {
  const taskStages = new Map<string, StageMessages>();
  const batchStages = new Map<string, StageMessages>();
  const started = new Set<StageMessages>();
  const list: { name: string; batch: boolean; message$: StageMessages }[] = [];
  const add = (name: string, group: Map<string, StageMessages>) => {
    // Replayed, because listr2 may subscribe a few turns after the first event.
    const message$: StageMessages = new ReplaySubject(1);
    message$.pipe(take(1)).subscribe({ next: () => started.add(message$), error: () => undefined });
    group.set(name, message$);
    list.push({ name, batch: group === batchStages, message$ });
  };
  if (pre_process > 0) add("pre_process", taskStages);
  for (const { batch } of batches) add(batch, batchStages);
  if (post_process > 0) add("post_process", taskStages);
  const tasks: Readonly<Record<string, number>> = { pre_process, post_process };
  return {
    list,
    update: (event) => {
      switch (event.type) {
        case "ensemble.resumed":
          for (const { batch, ok, now } of event.batches) {
            // A batch that is `ok` may still have failed runs: `now` has their number.
            const finished = { type: "batch.finished", batch, cycles: 1, ...now, ok: true, elapsed_s: 0 } as const;
            if (ok) markDone(batchStages.get(batch), batchFailure(finished));
          }
          return;
        case "ensemble.finished":
          // Tasks that an earlier start has finished emit no events in this one.
          if (event.ok) for (const stage of taskStages.values()) markDone(stage);
          return;
        case "batch.started":
          markDone(taskStages.get("pre_process"));
          batchStages.get(event.batch)?.next("started");
          return;
        case "batch.finished":
          end(batchStages.get(event.batch), batchFailure(event));
          return;
        case "task.started":
        case "task.waiting":
        case "task.finished": {
          if (event.batch !== undefined) return;
          const [, name = "", index = ""] = /^(\w+)\[(\d+)\]$/.exec(event.task) ?? [];
          const stage = taskStages.get(name);
          const step = `task ${Number(index) + 1} of ${tasks[name] ?? 0}, ${event.name}`;
          if (event.type === "task.started") stage?.next(step);
          else if (event.type === "task.waiting") stage?.next(`${step}, waiting: ${event.message}`);
          else if (!event.ok) end(stage, event.failure);
          else if (Number(index) + 1 === tasks[name]) end(stage);
          return;
        }
        default:
          return;
      }
    },
    close: () => {
      for (const { message$ } of list) {
        // A stage that has already ended ignores this.
        if (started.has(message$)) end(message$, { reason: "interrupted" });
        message$.complete();
      }
    },
  };
};

type StageMessages = ReplaySubject<string>;

/** Ends a stage that may have emitted no message, which would count as never started. */
const markDone = (stage: StageMessages | undefined, failure?: Failure) => {
  stage?.next("done");
  end(stage, failure);
};

const end = (stage: StageMessages | undefined, failure?: Failure) => {
  if (failure === undefined) stage?.complete();
  else stage?.error(new Error(explain(failure)));
};

/** The upgrade of events that earlier versions wrote. No other file knows of those versions. */
import {
  type EnsembleResumed,
  type EnsembleStopping,
  EVENT_SCHEMA,
  type Event,
  type Stamp,
  type StreamOpened,
  type TaskWaiting,
} from "../events/event.js";

/** The events that version 2 has changed: their text was in `because`. */
type EventOfVersion1 = Stamp &
  (
    | (Omit<StreamOpened, "schema"> & { readonly schema: `${typeof VERSION_1}${number}` })
    | (Omit<TaskWaiting, "message"> & { readonly because: string })
    | (Omit<EnsembleStopping, "message"> & { readonly because: string })
  );

const VERSION_1 = "model-ensembler.events/1.";

/** Upgrades an event of an earlier version, and returns an event of this version unchanged. */
export const upgraded = (event: Event | EventOfVersion1): Event => {
  if (event.type === "ensemble.resumed") return { ...event, batches: event.batches.map(byRuns) };
  if (!isOfVersion1(event)) return event;
  if (event.type === "stream.opened") return { ...event, schema: EVENT_SCHEMA };
  const { because: message, ...rest } = event;
  return { ...rest, message };
};

/** Earlier versions counted a run once in each cycle, and `now` included `before`. */
const byRuns = (batch: BatchResumed | Omit<BatchResumed, "last">): BatchResumed => {
  if ("last" in batch) return batch;
  const { before, now } = batch;
  const cycle = {
    succeeded: now.succeeded - before.succeeded,
    failed: now.failed - before.failed,
    skipped: now.skipped - before.skipped,
  };
  const isEmpty = cycle.succeeded + cycle.failed + cycle.skipped === 0;
  return { ...batch, last: before, now: isEmpty && batch.ok ? now : cycle };
};

type BatchResumed = EnsembleResumed["batches"][number];

const isOfVersion1 = (event: Event | EventOfVersion1): event is EventOfVersion1 => {
  switch (event.type) {
    case "stream.opened":
      return event.schema.startsWith(VERSION_1);
    case "task.waiting":
    case "ensemble.stopping":
      return "because" in event;
    default:
      return false;
  }
};

/** Events of version 1 as events of version 2: the only place that knows of version 1. */
import {
  type EnsembleStopping,
  EVENT_SCHEMA,
  type Event,
  type Stamp,
  type StreamOpened,
  type TaskWaiting,
} from "../events/event.js";

/** What version 2 has changed: the text of these events was in `because`. */
type EventOfVersion1 = Stamp &
  (
    | (Omit<StreamOpened, "schema"> & { readonly schema: `${typeof VERSION_1}${number}` })
    | (Omit<TaskWaiting, "message"> & { readonly because: string })
    | (Omit<EnsembleStopping, "message"> & { readonly because: string })
  );

const VERSION_1 = "model-ensembler.events/1.";

/** An event as a program of either version wrote it. One of version 2 is returned as it is. */
export const upgraded = (event: Event | EventOfVersion1): Event => {
  if (!isOfVersion1(event)) return event;
  if (event.type === "stream.opened") return { ...event, schema: EVENT_SCHEMA };
  const { because: message, ...rest } = event;
  return { ...rest, message };
};

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

/** The upgrade of events of version 1 to version 2. No other file knows of version 1. */
import {
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

/** Upgrades an event of version 1, and returns an event of version 2 unchanged. */
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

/** Holds a view back until the configuration has been accepted: one that is refused leaves no trace, not even a log. */
import { concat, defer, filter, from, mergeMap, take, tap } from "rxjs";
import type { Event } from "../../lib/index.js";
import type { View } from "./view.js";

/** The view sees every event from the first on, or none. `event$` is hot and synchronous, so nothing is lost meanwhile. */
export const accepted =
  (view: View): View =>
  (event$) =>
    defer(() => {
      const before: Event[] = [];
      return event$.pipe(
        tap((event) => before.push(event)),
        filter((event) => event.type === "ensemble.started"),
        take(1),
        mergeMap(() => view(concat(from(before), event$))),
      );
    });

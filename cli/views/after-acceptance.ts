/** A wrapper that starts a view once the configuration is accepted, so that a refused one leaves no trace, not even a log. */
import { concat, defer, filter, from, mergeMap, take, tap } from "rxjs";
import type { Event } from "../../lib/index.js";
import type { View } from "./view.js";

/** The view sees all events from the first on, or none. `event$` is hot and synchronous, so no event is lost between the two parts. */
export const afterAcceptance =
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

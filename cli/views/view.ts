/** A view: a subscriber that shows the events of an ensemble and emits nothing. */
import { catchError, EMPTY, type Observable } from "rxjs";
import type { Event } from "../../lib/index.js";

/**
 * A view completes when it has shown everything. Its error ends this view alone: the code that subscribes to the view reports it once, and the
 * ensemble continues. A view does not report an error of the events themselves: see `errorAsEnd`.
 */
export type View = (event$: Observable<Event>) => Observable<never>;

/** Ends the events where they fail. Only a bug in this program makes them fail, and `dispatch` reports it once, at the end. */
export const errorAsEnd = (event$: Observable<Event>): Observable<Event> => event$.pipe(catchError(() => EMPTY));

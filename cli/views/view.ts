/** What looks at an ensemble and shows it: something that takes events and gives nothing back. */
import { catchError, EMPTY, type Observable } from "rxjs";
import type { Event } from "../../lib/index.js";

/**
 * It completes when everything has been shown. Its error is its own end and nobody else's: whoever subscribes says it
 * once, and the ensemble goes on. An error of the events themselves is not a view's to tell: see `errorAsEnd`.
 */
export type View = (event$: Observable<Event>) => Observable<never>;

/** A mistake of ours ends the stream. It is told once, when all is over, and not by those who show it. */
export const errorAsEnd = (event$: Observable<Event>): Observable<Event> => event$.pipe(catchError(() => EMPTY));

/** What looks at an ensemble and shows it: something that takes events and gives nothing back. */
import type { Observable } from "rxjs";
import type { Event } from "../../lib/index.js";

/**
 * It completes when everything has been shown. Its error is its own end and nobody else's: whoever subscribes says it
 * once, and the ensemble goes on. An error of the events themselves is not a view's to tell; it is taken as their end.
 */
export type View = (event$: Observable<Event>) => Observable<never>;

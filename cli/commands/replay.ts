/** `replay`: shows a journal in the view of `run`, as if the ensemble were running now. */
import { concatMap, delay, EMPTY, from, lastValueFrom, type Observable, of } from "rxjs";
import { type Event, JournalDamage, readEvents } from "../../lib/index.js";
import type { ReplayRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { inForeground } from "../terminal.js";
import { wantsColor } from "../views/color.js";
import { printable } from "../views/format.js";
import { lines } from "../views/lines.js";
import type { View } from "../views/view.js";
import { endAtOnceOnSignal } from "./end-at-once.js";

export const replay = async (request: ReplayRequest): Promise<number> => {
  const events: Event[] = [];
  try {
    await readEvents(request.journal, (event) => void events.push(event));
  } catch (error) {
    if (error instanceof JournalDamage) {
      writeStderr(`error: ${printable(error.path)} is damaged: ${error.message}\n`);
      return EXIT.damaged;
    }
    if (!(error instanceof Error) || !("code" in error)) throw error;
    writeStderr(`error: ${printable(request.journal)} cannot be read: ${error.message}\n`);
    return EXIT.refused;
  }
  // The exit listeners restore the cursor.
  endAtOnceOnSignal();
  const view = await viewOf();
  for (const start of splitByStart(events)) {
    await lastValueFrom(view(played$(start, request.speed)), { defaultValue: undefined });
  }
  return EXIT.ok;
};

/** The events, one list for each start. The view shows the starts one after the other. */
const splitByStart = (events: readonly Event[]): readonly (readonly Event[])[] => {
  const all: Event[][] = [];
  for (const event of events) {
    if (event.type === "stream.opened" || all.length === 0) all.push([]);
    all.at(-1)?.push(event);
  }
  return all;
};

/** The events with their original pauses divided by `speed`; 0 leaves no pauses. */
const played$ = (events: readonly Event[], speed: number): Observable<Event> => {
  let last = Date.parse(events[0]?.time ?? "");
  return events.length === 0
    ? EMPTY
    : from(events).pipe(
        concatMap((event) => {
          const pause = speed === 0 ? 0 : Math.max(0, Date.parse(event.time) - last) / speed;
          last = Date.parse(event.time);
          return pause < 1 ? of(event) : of(event).pipe(delay(pause));
        }),
      );
};

const viewOf = async (): Promise<View> => {
  const color = wantsColor(process.env, process.stderr);
  return process.stderr.isTTY
    ? (await import("../views/tree/tree.js")).tree(process.stderr, { color, interactive: false, mayDraw: inForeground })
    : lines(process.stderr, { color });
};

import { map, timer } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Event, Fact } from "../../lib/events/event.js";
import { stamp } from "../../lib/operators/stamp.js";
import { subscribe, virtual } from "../support/virtual.js";

const fact: Fact = { type: "batch.started", batch: "b", runs: 1 };

describe("stamp", () => {
  it("facts are numbered from 0 for every subscriber, with the time in UTC", () => {
    const events: Event[] = [];
    virtual().run(() => {
      const stamped$ = timer(1, 1500).pipe(
        map(() => fact),
        stamp(),
      );
      for (const _ of [1, 2]) {
        const playing = subscribe(stamped$, (event) => events.push(event));
        subscribe(timer(2000), () => playing.unsubscribe());
      }
    });
    expect(events.filter((_, index) => index % 2 === 0)).toEqual([
      { seq: 0, time: "1970-01-01T00:00:00.001Z", ...fact },
      { seq: 1, time: "1970-01-01T00:00:01.501Z", ...fact },
    ]);
    expect(events.filter((_, index) => index % 2 === 1).map(({ seq }) => seq)).toEqual([0, 1]);
  });
});

/** Specs of the line view, for an output that is no terminal, such as that of a cron job. */
import { EventEmitter } from "node:events";
import { finalize, from, Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { lines } from "../../../cli/views/lines.js";
import type { Event } from "../../../lib/index.js";
import { story } from "../../support/story.js";

class Sink extends EventEmitter {
  text = "";
  writableLength = 0;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

const linesOf = (events: readonly Event[], color = false): readonly string[] => {
  const sink = new Sink();
  lines(sink, { color })(from(events)).subscribe();
  return sink.text.trimEnd().split("\n");
};

describe("lines", () => {
  it("the line view prints a line for each step of a small ensemble", () => {
    const all = linesOf(story({ batches: [{ name: "tst1", runs: 8 }] }));
    const words = all.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""));
    expect(all[0]).toMatch(/^2026-11-2\d$/);
    expect(words[1]).toBe("model_ensemble 0.1.0 on login03, process 4711, in /scratch/ada/ensembles");
    expect(words).toContain("tst1 started: 8 runs");
    expect(words).toContain("tst1-3: pre_run[0] check waits: `test -e input.nc` ended with exit status 1");
    expect(words).toContain("tst1-3: job 120003 submitted");
    expect(words).toContain("tst1-0 succeeded in 3.2 s");
    expect(words).toContain(
      "tst1-7 failed in 4 s: the job failed: ended with exit status 3; see /scratch/ada/ensembles/tst1/tst1-7/job.sh.out",
    );
    expect(words.at(-1)).toBe("lorenz failed in 5.8 s: 7 succeeded, 1 failed, 0 skipped, 0 interrupted");
  });

  it("the line view prints only the progress and the failures of a large batch", () => {
    const all = linesOf(story({ batches: [{ name: "tst1", runs: 10_000 }], fails: (index) => index % 1000 === 999 }));
    expect(all.length).toBeLessThan(140);
    expect(all.filter((line) => / tst1-\d+ failed in /.test(line))).toHaveLength(10);
    expect(all.filter((line) => line.includes(" ended ("))).toHaveLength(100);
    expect(all).toContainEqual(
      expect.stringMatching(/ tst1: 5,000 of 10,000 runs ended \(50%\), 5 failed, \d in progress, about 41:\d\d left$/),
    );
  });

  it("the line view starts each new day with a line for the date", () => {
    const all = linesOf(story({ batches: [{ name: "tst1", runs: 8 }], takes: 100_000 }));
    expect(all.filter((line) => /^2026-11-2\d$/.test(line)).length).toBeGreaterThanOrEqual(2);
  });

  it("the line view has colour on request, and no other control characters", () => {
    const events = story({ batches: [{ name: "b\x1b[2J", runs: 8 }], id: (_, index) => `r${index}\r\n\x1b]0;x\x07` });
    expect(linesOf(events).join("\n")).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(linesOf(events, true).join("\n")).toContain("\x1b[31m");
  });

  it("the line view drops lines that a slow reader does not take, and says how many", () => {
    const sink = new Sink();
    const event$ = new Subject<Event>();
    lines(sink, { color: false })(event$).subscribe();
    const events = story();
    sink.writableLength = 2e6;
    for (const event of events.slice(0, 60)) event$.next(event);
    expect(sink.text).toBe("");
    sink.writableLength = 0;
    for (const event of events.slice(60)) event$.next(event);
    expect(sink.text).toMatch(/^\(\d+ lines left out: the reader was too slow\)\n/);
  });

  it("the line view completes without an error if its reader goes away", () => {
    const sink = new Sink();
    const event$ = new Subject<Event>();
    let over = false;
    lines(sink, { color: false })(
      event$.pipe(
        finalize(() => {
          over = true;
        }),
      ),
    ).subscribe();
    sink.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    expect(over).toBe(true);
    expect(event$.observed).toBe(false);
  });
});

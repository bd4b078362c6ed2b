/** The view for an output that is no terminal (a pipe, cron, a batch job): one line per important event. */
import { Observable, tap } from "rxjs";
import { type BatchState, type Event, initial, reduce, type State } from "../../lib/index.js";
import { type Palette, paletteOf } from "./color.js";
import { clock, count, printable, twoDigits, withCommas } from "./format.js";
import { type Sentence, sentence } from "./sentences.js";
import { progressOf } from "./tree/bar.js";
import { errorAsEnd, type View } from "./view.js";

/** The part of `process.stderr`, terminal or not, that this view uses. */
export interface LineStream {
  readonly writableLength?: number;
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export const lines =
  (out: LineStream, { color }: { readonly color: boolean }): View =>
  (event$) =>
    new Observable<never>((subscriber) => {
      const state = initial();
      const palette = paletteOf(color);
      const day = dateLines();
      let lost = 0;
      const write = (text: string) => {
        // The log has the lines that a reader this slow misses.
        if ((out.writableLength ?? 0) > LIMIT) lost += 1;
        else {
          out.write(lost > 0 ? `(${count(lost, "line")} left out: the reader was too slow)\n${text}` : text);
          lost = 0;
        }
      };
      // The reader is gone. The listener stays: a pending write may fail too.
      out.on("error", () => subscriber.complete());
      const show = (event: Event) => {
        const directory = "run" in event ? state.active.get(event.run ?? "")?.directory : undefined;
        reduce(state, event);
        for (const line of sentencesOf(event, state, directory)) {
          const time = new Date(event.time);
          write(day(time) + formatted(line, timeOfDay(time), palette));
        }
      };
      subscriber.add(
        event$.pipe(errorAsEnd, tap(show)).subscribe({
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });

/** The most bytes that may wait for a slow reader. */
const LIMIT = 1024 * 1024;

/** A batch with more runs than this shows its progress, and no line for a run that succeeds. */
const LARGE_BATCH = 200;

const sentencesOf = (event: Event, state: State, directory: string | undefined): readonly Sentence[] => {
  // `display.ts` shows the diagnostics in full.
  if (event.type === "configuration.warned" || event.type === "configuration.refused") return [];
  const line = sentence(event, directory);
  const serious = line.level === "error" || line.level === "warning";
  const batch = "run" in event ? state.batches.get(event.batch ?? "") : undefined;
  if (batch !== undefined && batch.runs > LARGE_BATCH) {
    return [...(serious ? [line] : []), ...(hasEnded(event) ? progress(batch, Date.parse(event.time)) : [])];
  }
  return serious || line.level === "info" || (event.type === "run.skipped" && event.because === "check") ? [line] : [];
};

const hasEnded = (event: Event): boolean =>
  event.type === "run.finished" || (event.type === "run.skipped" && event.because !== "stopping");

/** A line of progress at each new percent. */
const progress = (batch: BatchState, now: number): readonly Sentence[] => {
  const { name, runs, active } = batch;
  const { ended, failed, left_s } = progressOf(batch, now);
  const percent = (number: number) => Math.floor((100 * number) / runs);
  if (percent(ended) === percent(ended - 1)) return [];
  const parts = [
    `${withCommas(ended)} of ${count(runs, "run")} ended (${percent(ended)}%)`,
    `${withCommas(failed)} failed`,
    `${withCommas(active)} in progress`,
    ...(left_s === undefined ? [] : [`about ${clock(left_s)} left`]),
  ];
  return [{ level: "info", text: printable(`${name}: ${parts.join(", ")}`) }];
};

const formatted = ({ level, text, more = [] }: Sentence, time: string, { bad, warn, dim }: Palette): string => {
  const paint = level === "error" ? bad : level === "warning" ? warn : (same: string) => same;
  return [`${dim(time)} ${paint(text)}`, ...more.map((line) => `         ${dim("|")} ${line}`), ""].join("\n");
};

const timeOfDay = (time: Date): string =>
  [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(":");

/** The date on a line of its own, before the first line of each day. */
const dateLines = () => {
  let last = "";
  return (time: Date): string => {
    const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join("-");
    if (day === last) return "";
    last = day;
    return `${day}\n`;
  };
};

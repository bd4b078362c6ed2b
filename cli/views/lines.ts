/** What people see without a terminal (a pipe, cron, a batch job's output): one line an event that matters. */
import { Observable, tap } from "rxjs";
import { type BatchState, type Event, initial, reduce, type State } from "../../lib/index.js";
import { type Paints, paints } from "./color.js";
import { clock, count, grouped, printable, two } from "./format.js";
import { type Sentence, sentence } from "./sentences.js";
import { progressOf } from "./tree/bar.js";
import { errorAsEnd, type View } from "./view.js";

/** What `process.stderr` is, terminal or not. */
export interface LineStream {
  readonly writableLength?: number;
  write(text: string): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export const lines =
  (out: LineStream, { color }: { readonly color: boolean }): View =>
  (event$) =>
    new Observable<never>((watcher) => {
      const state = initial();
      const paint = paints(color);
      const day = days();
      let lost = 0;
      const write = (text: string) => {
        // Whoever does not read for so long will find it all in the log.
        if ((out.writableLength ?? 0) > LIMIT) lost += 1;
        else {
          out.write(lost > 0 ? `(${count(lost, "line")} left out: nobody was reading)\n${text}` : text);
          lost = 0;
        }
      };
      // The reader has gone. The listener stays: a write that is still under way may fail too.
      out.on("error", () => watcher.complete());
      const tell = (event: Event) => {
        const directory = "run" in event ? state.active.get(event.run ?? "")?.directory : undefined;
        reduce(state, event);
        for (const told of matters(event, state, directory)) {
          const time = new Date(event.time);
          write(day(time) + shown(told, timeOfDay(time), paint));
        }
      };
      watcher.add(
        event$.pipe(errorAsEnd, tap(tell)).subscribe({
          error: (error: unknown) => watcher.error(error),
          complete: () => watcher.complete(),
        }),
      );
    });

/** How many bytes may wait for a slow reader. */
const LIMIT = 1024 * 1024;

/** A batch with more runs tells of its progress, and not of every run that went well. */
const FEW = 200;

const matters = (event: Event, state: State, directory: string | undefined): readonly Sentence[] => {
  // Diagnostics are shown in full by the program itself, before anything else.
  if (event.type === "configuration.warned" || event.type === "configuration.refused") return [];
  const told = sentence(event, directory);
  const grave = told.level === "error" || told.level === "warning";
  const batch = "run" in event ? state.batches.get(event.batch ?? "") : undefined;
  if (batch !== undefined && batch.runs > FEW) {
    return [...(grave ? [told] : []), ...(hasEnded(event) ? progress(batch, Date.parse(event.time)) : [])];
  }
  return grave || told.level === "info" || (event.type === "run.skipped" && event.because === "check") ? [told] : [];
};

const hasEnded = (event: Event): boolean =>
  event.type === "run.finished" || (event.type === "run.skipped" && event.because !== "stopping");

/** Once a percent. */
const progress = (batch: BatchState, now: number): readonly Sentence[] => {
  const { name, runs, active } = batch;
  const { ended, failed, left_s } = progressOf(batch, now);
  const percent = (number: number) => Math.floor((100 * number) / runs);
  if (percent(ended) === percent(ended - 1)) return [];
  const parts = [
    `${grouped(ended)} of ${count(runs, "run")} ended (${percent(ended)}%)`,
    `${grouped(failed)} failed`,
    `${grouped(active)} in progress`,
    ...(left_s === undefined ? [] : [`about ${clock(left_s)} left`]),
  ];
  return [{ level: "info", text: printable(`${name}: ${parts.join(", ")}`) }];
};

const shown = ({ level, text, more = [] }: Sentence, time: string, { bad, odd, faint }: Paints): string => {
  const paint = level === "error" ? bad : level === "warning" ? odd : (same: string) => same;
  return [`${faint(time)} ${paint(text)}`, ...more.map((line) => `         ${faint("|")} ${line}`), ""].join("\n");
};

const timeOfDay = (time: Date): string => [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");

/** The date, on a line of its own whenever a new day has begun. */
const days = () => {
  let last = "";
  return (time: Date): string => {
    const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(two).join("-");
    if (day === last) return "";
    last = day;
    return `${day}\n`;
  };
};

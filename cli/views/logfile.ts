/** The log `logs/<configuration>.log`: one line per event, appended. */
import { appendFileSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Observable, tap } from "rxjs";
import { type Event, initial, reduce } from "../../lib/index.js";
import { demandExisting, makeLogDirectory } from "../log-path.js";
import { count } from "./format.js";
import { sentence } from "./sentences.js";
import { errorAsEnd, type View } from "./view.js";

/** Makes the log's directory. At the first error of the file system the view fails; unwritten lines are then lost. */
export const logfile =
  (path: string, { verbose }: { readonly verbose: boolean }): View =>
  (event$) =>
    new Observable<never>((subscriber) => {
      const state = initial();
      let file: FileHandle | undefined;
      let waiting: string[] = [];
      let size = 0;
      let lost = 0;
      let complete = false;
      let timer: NodeJS.Timeout | undefined;
      let writing: Promise<void> | undefined;

      const takeAll = (): string => {
        const text = waiting.join("");
        const note = lost > 0 ? `(${count(lost, "line")} left out: the file system was too slow)\n` : "";
        [waiting, size, lost] = [[], 0, 0];
        return text + note;
      };
      /** Writes until no line is waiting, not even one that arrived meanwhile. */
      const flush = async () => {
        if (file === undefined) {
          await mkdir(dirname(path)).catch(demandExisting);
          file = await open(path, "a");
        }
        while (waiting.length > 0) await file.appendFile(takeAll());
      };
      const startWriting = () => {
        clearTimeout(timer);
        timer = undefined;
        writing ??= flush().then(
          () => {
            writing = undefined;
            if (waiting.length > 0) startWriting();
            else if (complete) subscriber.complete();
          },
          (error: unknown) => subscriber.error(error),
        );
      };
      const end = () => {
        complete = true;
        startWriting();
      };
      /** Writes the waiting lines synchronously if the program exits before the view completes. */
      const writeOnExit = () => {
        if (waiting.length === 0) return;
        try {
          makeLogDirectory(path);
          appendFileSync(path, takeAll());
        } catch {
          // The program is exiting: nothing can report this.
        }
      };
      process.on("exit", writeOnExit);
      const add = (event: Event) => {
        const directory = "run" in event ? state.active.get(event.run ?? "")?.directory : undefined;
        reduce(state, event);
        const line = lineOf(event, verbose, directory);
        if (line === undefined) return;
        if (size > LIMIT) lost += 1;
        else {
          waiting.push(line);
          size += line.length;
        }
        timer ??= setTimeout(startWriting, WRITE_INTERVAL_MS);
      };
      const events = event$
        .pipe(errorAsEnd, tap(add))
        .subscribe({ error: (error: unknown) => subscriber.error(error), complete: end });
      return () => {
        events.unsubscribe();
        clearTimeout(timer);
        process.off("exit", writeOnExit);
        // A pending write finishes first.
        void (writing ?? Promise.resolve()).then(() => file?.close()).catch(() => undefined);
      };
    });

/** How long lines collect before a write: one write per event would cost more than the events. */
const WRITE_INTERVAL_MS = 200;

/** The most bytes that may wait for a file system that hangs. */
const LIMIT = 8 * 1024 * 1024;

const lineOf = (event: Event, verbose: boolean, directory: string | undefined): string | undefined => {
  const { level, text, more = [] } = sentence(event, directory);
  if (level === "detail" && !verbose) return undefined;
  return [`${event.time} ${LEVELS[level]} ${text}`, ...more.map((line) => `    | ${line}`), ""].join("\n");
};

const LEVELS = { error: "ERROR  ", warning: "WARNING", info: "INFO   ", detail: "DETAIL " } as const;

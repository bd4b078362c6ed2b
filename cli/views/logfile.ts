/** The log: `logs/<configuration>.log`, one line an event, appended to, for whoever wants to know afterwards. */
import { appendFileSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Observable, tap } from "rxjs";
import { type Event, initial, reduce } from "../../lib/index.js";
import { demandExisting, makeLogDirectory } from "../paths.js";
import { count } from "./format.js";
import { sentence } from "./sentences.js";
import { errorAsEnd, type View } from "./view.js";

/** Its directory is made. It fails with what the file system says, once; what was not written then is lost. */
export const logfile =
  (path: string, { verbose }: { readonly verbose: boolean }): View =>
  (event$) =>
    new Observable<never>((watcher) => {
      const state = initial();
      let file: FileHandle | undefined;
      let waiting: string[] = [];
      let size = 0;
      let lost = 0;
      let over = false;
      let due: NodeJS.Timeout | undefined;
      let work: Promise<void> | undefined;

      const take = (): string => {
        const text = waiting.join("");
        const note = lost > 0 ? `(${count(lost, "line")} left out: the file system was too slow)\n` : "";
        [waiting, size, lost] = [[], 0, 0];
        return text + note;
      };
      /** Writes what is waiting, and what has come meanwhile, until nothing is. */
      const flush = async () => {
        if (file === undefined) {
          await mkdir(dirname(path)).catch(demandExisting);
          file = await open(path, "a");
        }
        while (waiting.length > 0) await file.appendFile(take());
      };
      const begin = () => {
        clearTimeout(due);
        due = undefined;
        work ??= flush().then(
          () => {
            work = undefined;
            if (waiting.length > 0) begin();
            else if (over) watcher.complete();
          },
          (error: unknown) => watcher.error(error),
        );
      };
      const end = () => {
        over = true;
        begin();
      };
      /** The program ends in the middle of things: what is known is written in the last moment. */
      const crash = () => {
        if (waiting.length === 0) return;
        try {
          makeLogDirectory(path);
          appendFileSync(path, take());
        } catch {
          // There is no later in which it could be told.
        }
      };
      process.on("exit", crash);
      const keep = (event: Event) => {
        const directory = "run" in event ? state.active.get(event.run ?? "")?.directory : undefined;
        reduce(state, event);
        const line = lineOf(event, verbose, directory);
        if (line === undefined) return;
        if (size > LIMIT) lost += 1;
        else {
          waiting.push(line);
          size += line.length;
        }
        due ??= setTimeout(begin, EVERY_MS);
      };
      const events = event$
        .pipe(errorAsEnd, tap(keep))
        .subscribe({ error: (error: unknown) => watcher.error(error), complete: end });
      return () => {
        events.unsubscribe();
        clearTimeout(due);
        process.off("exit", crash);
        // What is being written is written to its end first.
        void (work ?? Promise.resolve()).then(() => file?.close()).catch(() => undefined);
      };
    });

/** Lines are collected for so long: a write an event would cost more than the events. */
const EVERY_MS = 200;

/** How much may wait for a file system that hangs. */
const LIMIT = 8 * 1024 * 1024;

const lineOf = (event: Event, verbose: boolean, directory: string | undefined): string | undefined => {
  const { level, text, more = [] } = sentence(event, directory);
  if (level === "detail" && !verbose) return undefined;
  return [`${event.time} ${LEVELS[level]} ${text}`, ...more.map((line) => `    | ${line}`), ""].join("\n");
};

const LEVELS = { error: "ERROR  ", warning: "WARNING", info: "INFO   ", detail: "DETAIL " } as const;

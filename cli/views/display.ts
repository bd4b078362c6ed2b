/** Everything that shows an ensemble: to people, to machines, and to whoever reads the log afterwards. */
import { catchError, EMPTY, ignoreElements, merge, type Observable, Subject, tap } from "rxjs";
import type { Event, Stop } from "../../lib/index.js";
import type { RunRequest } from "../arguments/request.js";
import { outputLost, writeStderr } from "../output.js";
import { logOf } from "../paths.js";
import { accepted } from "./after-acceptance.js";
import { tellStarter } from "./background.js";
import { wantsColor } from "./color.js";
import { printable } from "./format.js";
import { lines } from "./lines.js";
import { logfile } from "./logfile.js";
import { ndjson } from "./ndjson.js";
import { reportText } from "./report.js";
import type { View } from "./view.js";

/** One view made of all. It never fails: a view that does is told of once, and missed by nobody else. */
export const displayOf = async (request: RunRequest, stop: Stop, background: boolean): Promise<View> => {
  const notices$ = new Subject<string>();
  // What is told beside a live tree would tear it: the tree has it scroll by.
  const tell = (text: string) => (notices$.observed ? notices$.next(text) : writeStderr(text));
  const log = logOf(request.configuration);
  const stop$ = merge(stop.drain$, stop.now$);
  const views: readonly View[] = [
    ...(request.json ? [lossy(ndjson(process.stdout, { stop$ }), "standard output", tell, outputLost)] : []),
    lossy(accepted(logfile(log, { verbose: request.verbose })), log, tell),
    lossy(background ? tellStarter : await forPeople(notices$), "the display", tell),
  ];
  return (event$) => merge(...views.map((view) => view(event$)));
};

/** The live tree in a terminal, a line an event elsewhere. And first of all, what is wrong with the configuration. */
const forPeople = async (notices$: Observable<string>): Promise<View> => {
  const color = wantsColor(process.env, process.stderr);
  const shown = process.stderr.isTTY
    ? (await import("./tree/tree.js")).tree(process.stderr, { color, interactive: process.stdin.isTTY, notices$ })
    : lines(process.stderr, { color });
  return (event$) => merge(diagnosed(event$), accepted(shown)(event$));
};

const diagnosed: View = (event$) =>
  event$.pipe(
    tap((event: Event) => {
      if (event.type === "configuration.refused" || event.type === "configuration.warned") {
        writeStderr(reportText(event.diagnostics));
      }
      if (event.type === "journal.refused")
        writeStderr(`error: ${event.message.split("\n").map(printable).join("\n")}\n`);
    }),
    ignoreElements(),
  );

const lossy =
  (view: View, what: string, tell: (text: string) => void, lost: (error: Error) => void = () => undefined): View =>
  (event$) =>
    view(event$).pipe(
      catchError((thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        tell(`model_ensemble: ${what} is lost: ${error.message}. The ensemble goes on.\n`);
        lost(error);
        return EMPTY;
      }),
    );

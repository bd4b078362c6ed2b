/** The display of `run`: one view that merges the terminal, `--json` and the log. */
import { catchError, EMPTY, ignoreElements, merge, type Observable, ReplaySubject, tap } from "rxjs";
import type { Event, Stop } from "../../lib/index.js";
import type { RunRequest } from "../arguments/request.js";
import { logOf } from "../log-path.js";
import { outputLost, writeStderr } from "../output.js";
import { inForeground, mayWriteStderr } from "../terminal.js";
import { afterAcceptance } from "./after-acceptance.js";
import { reportToStarter } from "./background.js";
import { wantsColor } from "./color.js";
import { printable } from "./format.js";
import { lines } from "./lines.js";
import { logfile } from "./logfile.js";
import { ndjson } from "./ndjson.js";
import { reportText } from "./report.js";
import type { View } from "./view.js";

/** Merges all views. The result never fails: if one view fails, a message says so once, and the others continue. */
export const displayOf = async (request: RunRequest, stop: Stop, background: boolean): Promise<View> => {
  const notices$ = new ReplaySubject<string>(10);
  // Text written beside a live tree would garble it, so the tree prints the text, as soon as it may draw.
  const notify = (text: string) =>
    (notices$.observed && inForeground()) || !mayWriteStderr() ? notices$.next(text) : writeStderr(text);
  const log = logOf(request);
  const stop$ = merge(stop.drain$, stop.now$);
  const views: readonly View[] = [
    ...(request.json ? [dropOnError(ndjson(process.stdout, { stop$ }), "standard output", notify, outputLost)] : []),
    dropOnError(afterAcceptance(logfile(log, { verbose: request.verbose })), log, notify),
    dropOnError(background ? reportToStarter : await humanView(notices$, notify), "the display", notify),
  ];
  return (event$) => merge(...views.map((view) => view(event$)));
};

/** The live tree in a terminal, elsewhere one line per event; both after any diagnostics of the configuration. */
const humanView = async (notices$: Observable<string>, notify: (text: string) => void): Promise<View> => {
  const color = wantsColor(process.env, process.stderr);
  const shown = process.stderr.isTTY
    ? (await import("./tree/tree.js")).tree(process.stderr, {
        color,
        interactive: process.stdin.isTTY,
        mayDraw: inForeground,
        notices$,
      })
    : lines(process.stderr, { color });
  return (event$) => merge(diagnosticsView(notify)(event$), afterAcceptance(shown)(event$));
};

const diagnosticsView =
  (notify: (text: string) => void): View =>
  (event$) =>
    event$.pipe(
      tap((event: Event) => {
        if (event.type === "configuration.warned") notify(reportText(event.diagnostics));
        if (event.type === "configuration.refused") writeStderr(reportText(event.diagnostics));
        if (event.type === "journal.refused")
          writeStderr(`error: ${event.message.split("\n").map(printable).join("\n")}\n`);
      }),
      ignoreElements(),
    );

const dropOnError =
  (view: View, name: string, notify: (text: string) => void, onLost: (error: Error) => void = () => undefined): View =>
  (event$) =>
    view(event$).pipe(
      catchError((thrown: unknown) => {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        notify(`model_ensemble: ${name} is lost: ${error.message}. The ensemble continues.\n`);
        onLost(error);
        return EMPTY;
      }),
    );

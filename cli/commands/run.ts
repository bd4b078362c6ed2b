/** `run`: runs an ensemble, and shows its progress to people and machines. */
import { existsSync } from "node:fs";
import { connectable, ignoreElements, lastValueFrom, type Observable, Subject, tap } from "rxjs";
import {
  demandCause,
  type Event,
  endAtOnce,
  initial,
  loadBackend,
  parseSimulation,
  reduce,
  runConfiguration,
  type State,
  stopOnSignals,
} from "../../lib/index.js";
import type { RunRequest } from "../arguments/request.js";
import { EXIT, statusOf } from "../exit-status.js";
import { logOf } from "../log-path.js";
import { writeStderr } from "../output.js";
import { ignoredSignals } from "../signals.js";
import { startedElsewhere, stateDirectoryOf } from "../state-directory.js";
import { mayWriteStderr } from "../terminal.js";
import { wantsColor } from "../views/color.js";
import { displayOf } from "../views/display.js";
import { printable } from "../views/format.js";
import { summary } from "../views/summary.js";
import { errorAsEnd, type View } from "../views/view.js";
import { confirmFresh } from "./confirm-fresh.js";
import { detach } from "./detach.js";
import { endAtOnceOnSignal, killProcessesAtExit } from "./end-at-once.js";

/** `background`: another process started this one for `-d`, and waits until this one accepts the configuration. */
export const run = async (request: RunRequest, background: boolean): Promise<number> => {
  let backend: Awaited<ReturnType<typeof backendOf>>;
  let directory: string;
  try {
    if (typeof request.retry !== "boolean") request.retry.forEach(demandCause);
    if (request.simulate !== undefined) parseSimulation(request.simulate);
    backend = await backendOf(request);
    directory = await stateDirectoryOf(request.configuration, request.stateDir);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    writeStderr(`error: ${error.message}\n`);
    return EXIT.refused;
  }
  if (request.stateDir === undefined && !background) await warnOfOtherStart(request.configuration, directory);
  if (request.fresh && !background && !(await confirmFresh(directory, request.yes))) return EXIT.refused;
  if (request.detach && !background) return detach(request);
  const stop = stopOnSignals(ignoredSignals);
  killProcessesAtExit();
  const { configuration, settings, extra, simulate, retry, acceptChanges, fresh, takeOver } = request;
  const options = {
    ...settings,
    backend,
    extra,
    stop,
    retry,
    acceptChanges,
    fresh,
    takeOver,
    state: directory,
    ...(simulate !== undefined && { simulate }),
  };
  const state = initial();
  const seen = { refusal: false };
  const event$ = runConfiguration(configuration, options).pipe(
    tap((event) => {
      reduce(state, event);
      seen.refusal ||= event.type === "configuration.refused";
    }),
  );
  const endUnlessStarted = () => {
    // Nothing has started yet, and reading the configuration (from a pipe, say) may never end.
    if (state.started === undefined && !seen.refusal) endAtOnce(stop.caught() ?? "SIGTERM");
  };
  stop.now$.subscribe({ next: endUnlessStarted, error: endUnlessStarted });
  try {
    await runToEnd(event$, await displayOf(request, stop, background));
    return seen.refusal ? EXIT.refused : statusOf(state, stop.caught());
  } finally {
    stop.close();
    // All output is written. The program may still wait for interrupted processes to end.
    endAtOnceOnSignal();
    if (mayWriteStderr()) writeStderr(summaryOf(request, state));
  }
};

/** Subscribes once for all views, and waits until the ensemble and the views have ended. */
const runToEnd = async (source$: Observable<Event>, display: View): Promise<void> => {
  const event$ = connectable(source$, { connector: () => new Subject(), resetOnDisconnect: false });
  const ended = lastValueFrom(event$.pipe(ignoreElements()), { defaultValue: undefined });
  const shown = lastValueFrom(display(errorAsEnd(event$)), { defaultValue: undefined });
  event$.connect();
  try {
    await ended;
  } finally {
    await shown;
  }
};

const summaryOf = (request: RunRequest, state: State): string => {
  const log = logOf(request);
  return summary(state, {
    color: wantsColor(process.env, process.stderr),
    columns: process.stderr.columns || 80,
    ...(existsSync(log) && { log }),
  });
};

/** Relative paths start in the present directory: what looks like the same ensemble is another one there. */
const warnOfOtherStart = async (configuration: string, directory: string): Promise<void> => {
  const other = await startedElsewhere(configuration, directory);
  if (other === undefined) return;
  writeStderr(
    printable(
      `warning: ${configuration} was started in ${other} before; started in ${process.cwd()}, it is another ensemble, whose relative paths lead here. To resume the first one, start it in ${other}`,
    ) + "\n",
  );
};

/** A simulation loads no backend module. */
const backendOf = async ({ backend, backendFile, simulate }: RunRequest) =>
  backendFile === undefined || simulate !== undefined ? backend : loadBackend(backendFile);

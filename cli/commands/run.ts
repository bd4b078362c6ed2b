/** `run`: runs an ensemble, and lets people and machines see how it goes. */
import { existsSync } from "node:fs";
import { catchError, connectable, EMPTY, ignoreElements, lastValueFrom, type Observable, Subject, tap } from "rxjs";
import {
  type Event,
  endAtOnce,
  endEverything,
  initial,
  parseSimulation,
  reduce,
  runConfiguration,
  type State,
  stopOnSignals,
} from "../../lib/index.js";
import { detach } from "../detach.js";
import { displayOf } from "../display.js";
import { EXIT, statusOf } from "../exit-status.js";
import { logOf } from "../log.js";
import type { RunOrder } from "../orders.js";
import { tellPeople } from "../output.js";
import { wantsColor } from "../views/color.js";
import { summary } from "../views/summary.js";
import type { View } from "../views/view.js";

/** `background`: this process was started by `-d` of another, which waits until the configuration has been accepted. */
export const run = async (order: RunOrder, background: boolean): Promise<number> => {
  const problem = simulationProblem(order.simulate);
  if (problem !== undefined) {
    tellPeople(`error: ${problem}\n`);
    return EXIT.refused;
  }
  if (order.detach && !background) return detach(order);
  const stop = stopOnSignals();
  process.on("exit", endEverything);
  const { configuration, settings, backend, extra, simulate } = order;
  const options = { ...settings, backend, extra, stop, ...(simulate !== undefined && { simulate }) };
  const state = initial();
  const seen = { refusal: false };
  const event$ = runConfiguration(configuration, options).pipe(
    tap((event) => {
      reduce(state, event);
      seen.refusal ||= event.type === "configuration.refused";
    }),
  );
  const tooEarly = () => {
    // There is nothing yet to let go of, and what is read may never come to its end.
    if (state.started === undefined && !seen.refusal) endAtOnce(stop.caught() ?? "SIGTERM");
  };
  stop.now$.subscribe({ next: tooEarly, error: tooEarly });
  try {
    await play(event$, await displayOf(order, stop, background));
    return seen.refusal ? EXIT.refused : statusOf(state, stop.caught());
  } finally {
    stop.close();
    endAtOnceWhenTold();
    tellPeople(endOf(order, state));
  }
};

/** All has been said. What may still be waited for is that processes which were let go of end. */
const endAtOnceWhenTold = () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, endAtOnce);
};

/** To the end of the stream, and of what shows it: one subscription for all. */
const play = async (source$: Observable<Event>, display: View): Promise<void> => {
  const event$ = connectable(source$, { connector: () => new Subject(), resetOnDisconnect: false });
  const ended = lastValueFrom(event$.pipe(ignoreElements()), { defaultValue: undefined });
  // A mistake of ours ends the stream. It is told once, when all is over, and not by those who show it.
  const shown = lastValueFrom(display(event$.pipe(catchError(() => EMPTY))), { defaultValue: undefined });
  event$.connect();
  try {
    await ended;
  } finally {
    await shown;
  }
};

const endOf = (order: RunOrder, state: State): string => {
  const log = logOf(order.configuration);
  return summary(state, {
    color: wantsColor(process.env, process.stderr),
    columns: process.stderr.columns || 80,
    ...(existsSync(log) && { log }),
  });
};

const simulationProblem = (spec: string | undefined): string | undefined => {
  try {
    if (spec !== undefined) parseSimulation(spec);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
};

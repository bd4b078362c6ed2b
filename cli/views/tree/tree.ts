/** The live tree for a terminal: the ensemble, its batches, the runs in progress, and what failed. */
import { Listr } from "listr2";
import { EMPTY, Observable, tap } from "rxjs";
import { type EnsembleStarted, initial, reduce } from "../../../lib/index.js";
import { paints, wantsUnicode } from "../color.js";
import { errorAsEnd, type View } from "../view.js";
import { frame } from "./frame.js";
import { EnsembleRenderer, type RendererOptions } from "./renderer.js";
import { openScreen, type TerminalStream } from "./screen.js";
import { signsOf } from "./signs.js";
import { type Stages, stagesOf } from "./stages.js";

export interface TreeOptions {
  readonly color: boolean;
  /** Whether Ctrl-C reaches us, so that it is worth saying what it would do. */
  readonly interactive: boolean;
  /** Whether the terminal shows more than ASCII. By default as the locale says. */
  readonly unicode?: boolean;
  /** What others have to say meanwhile: it scrolls by above the tree, which would be torn otherwise. */
  readonly notices$?: Observable<string>;
}

export const tree =
  (out: TerminalStream, options: TreeOptions): View =>
  (event$) =>
    new Observable<never>((watcher) => {
      const state = initial();
      const now = eventClock();
      const signs = signsOf(options.unicode ?? wantsUnicode(process.env));
      const look = { signs, paints: paints(options.color), interactive: options.interactive };
      let changes = 0;
      const changed = () => {
        changes += 1;
      };
      const screen = openScreen(out, () => watcher.complete(), changed);
      let stages: Stages | undefined;
      let listed: Promise<unknown> = Promise.resolve();
      const begin = (event: EnsembleStarted) => {
        stages = stagesOf(event);
        listed = listOf({
          screen,
          stages,
          picture: (all) => frame(state, all, now.read(), { ...look, ...screen.size() }),
          failed: (error) => watcher.error(error),
          version: () => `${changes} ${Math.floor(now.read() / 1000)}`,
        }).run();
        // It is asked for at the end; a failure before that must not go about unseen until then.
        listed.catch((error: unknown) => watcher.error(error));
      };
      const end = async () => {
        stages?.close();
        await listed;
        await screen.close();
      };
      const notices = (options.notices$ ?? EMPTY).subscribe({
        next: (text) => {
          screen.say(text);
          changed();
        },
        error: (error: unknown) => watcher.error(error),
      });
      watcher.add(() => {
        notices.unsubscribe();
        stages?.close();
        void screen.close();
      });
      watcher.add(
        event$
          .pipe(
            errorAsEnd,
            tap((event) => {
              now.set(event.time);
              reduce(state, event);
              if (event.type === "ensemble.started") begin(event);
              stages?.tell(event);
              changed();
            }),
          )
          .subscribe({
            error: (error: unknown) => watcher.error(error),
            complete: () => {
              end().then(
                () => watcher.complete(),
                (error: unknown) => watcher.error(error),
              );
            },
          }),
      );
    });

/** The stages as listr2 runs them: side by side, for the events say what comes after what. */
const listOf = (rendererOptions: RendererOptions) =>
  new Listr<unknown, typeof EnsembleRenderer, typeof EnsembleRenderer>(
    rendererOptions.stages.list.map(({ name, says$ }) => ({ title: name, task: () => says$ })),
    {
      concurrent: true,
      // A stage that failed is shown as failed; it ends nothing.
      exitOnError: false,
      // listr2 would take Ctrl-C for itself and exit.
      registerSignalListeners: false,
      renderer: EnsembleRenderer,
      rendererOptions,
    },
  );

/** The clock of the events: the time of the last one, and what has gone by since. A recorded story has its own time. */
const eventClock = () => {
  let behind = 0;
  return {
    set: (time: string) => {
      behind = Date.now() - Date.parse(time);
    },
    read: () => Date.now() - behind,
  };
};

/** The live tree in a terminal: the ensemble, its batches, the runs in progress, and the failures. */
import { Listr } from "listr2";
import { EMPTY, Observable, tap } from "rxjs";
import { type EnsembleStarted, initial, reduce } from "../../../lib/index.js";
import { paletteOf, wantsUnicode } from "../color.js";
import { errorAsEnd, type View } from "../view.js";
import { frame } from "./frame.js";
import { glyphsOf } from "./glyphs.js";
import { EnsembleRenderer, type RendererOptions } from "./renderer.js";
import { openScreen, type TerminalStream } from "./screen.js";
import { type Stages, stagesOf } from "./stages.js";

export interface TreeOptions {
  readonly color: boolean;
  /** Whether the user can press Ctrl-C here; the tree then shows what that would do. */
  readonly interactive: boolean;
  /** Whether the terminal shows Unicode. The default follows the locale. */
  readonly unicode?: boolean;
  /** Whether the tree may draw now; by default always. */
  readonly mayDraw?: () => boolean;
  /** Messages of other views, to print above the tree. Written directly, the messages would garble the tree. */
  readonly notices$?: Observable<string>;
}

export const tree =
  (out: TerminalStream, options: TreeOptions): View =>
  (event$) =>
    new Observable<never>((subscriber) => {
      const state = initial();
      const now = eventClock();
      const glyphs = glyphsOf(options.unicode ?? wantsUnicode(process.env));
      const style = { glyphs, palette: paletteOf(options.color), interactive: options.interactive };
      let changes = 0;
      const changed = () => {
        changes += 1;
      };
      const mayDraw = options.mayDraw ?? (() => true);
      const screen = openScreen(out, { lost: () => subscriber.complete(), resized: changed, mayDraw });
      let stages: Stages | undefined;
      let listEnd: Promise<unknown> = Promise.resolve();
      const startDrawing = (event: EnsembleStarted) => {
        stages = stagesOf(event);
        listEnd = listOf({
          screen,
          stages,
          linesOf: (all) => frame(state, all, now.read(), { ...style, ...screen.size() }),
          onError: (error) => subscriber.error(error),
          version: () => `${changes} ${Math.floor(now.read() / 1000)}`,
        }).run();
        // `end` awaits this promise. Until then, a rejection would count as unhandled.
        listEnd.catch((error: unknown) => subscriber.error(error));
      };
      const end = async () => {
        stages?.close();
        await listEnd;
        await screen.close();
      };
      const notices = (options.notices$ ?? EMPTY).subscribe({
        next: (text) => {
          screen.print(text);
          changed();
        },
        error: (error: unknown) => subscriber.error(error),
      });
      subscriber.add(() => {
        notices.unsubscribe();
        stages?.close();
        void screen.close();
      });
      subscriber.add(
        event$
          .pipe(
            errorAsEnd,
            tap((event) => {
              now.set(event.time);
              reduce(state, event);
              if (event.type === "ensemble.started") startDrawing(event);
              stages?.update(event);
              changed();
            }),
          )
          .subscribe({
            error: (error: unknown) => subscriber.error(error),
            complete: () => {
              end().then(
                () => subscriber.complete(),
                (error: unknown) => subscriber.error(error),
              );
            },
          }),
      );
    });

/** The stages as listr2 tasks. They are concurrent: the events alone decide their order. */
const listOf = (rendererOptions: RendererOptions) =>
  new Listr<unknown, typeof EnsembleRenderer, typeof EnsembleRenderer>(
    rendererOptions.stages.list.map(({ name, message$ }) => ({ title: name, task: () => message$ })),
    {
      concurrent: true,
      // A failed stage must not end the others.
      exitOnError: false,
      // listr2 would take Ctrl-C for itself and exit.
      registerSignalListeners: false,
      renderer: EnsembleRenderer,
      rendererOptions,
    },
  );

/** The clock of the events: the time of the last event, plus the time since that event came. A replayed journal has a time of its own. */
const eventClock = () => {
  let offset_ms = 0;
  return {
    set: (time: string) => {
      offset_ms = Date.now() - Date.parse(time);
    },
    read: () => Date.now() - offset_ms,
  };
};

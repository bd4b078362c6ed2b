/** A listr2 renderer that draws frames no higher than the terminal. */
import type { ListrRenderer, ListrTaskObject } from "listr2";
import { interval, type Subscription, tap } from "rxjs";
import type { Screen } from "./screen.js";
import type { Stage, Stages } from "./stages.js";

export interface RendererOptions {
  readonly screen: Screen;
  readonly stages: Stages;
  /** The lines of a frame. */
  linesOf(stages: readonly Stage[]): readonly string[];
  /** Called with an error thrown by drawing, which is a bug in this program. */
  onError(error: unknown): void;
  /** Returns a new text whenever the frame may have changed. */
  version(): string;
}

/** The part of a listr2 task that a frame shows. */
type ListrTask = Pick<ListrTaskObject<unknown>, "hasFailed" | "isCompleted" | "output" | "message">;

/** Replaces listr2's own renderers. They draw every line of the whole tree at every change, which takes minutes for a few hundred lines. */
export class EnsembleRenderer implements ListrRenderer {
  /** listr2 looks at stdout, but the tree draws on stderr, and only if that is a terminal. */
  static nonTTY = true;
  static rendererOptions: RendererOptions;
  static rendererTaskOptions: never;
  #ticks: Subscription | undefined;
  #drawn = "";

  constructor(
    private readonly tasks: readonly ListrTask[],
    private readonly options: RendererOptions,
  ) {}

  render(): void {
    this.#draw();
    this.#ticks = interval(1000 / FRAMES_PER_SECOND)
      .pipe(tap(() => this.#draw()))
      .subscribe({ error: (error: unknown) => this.options.onError(error) });
  }

  /** Called at the end of the list. The last frame stays on the terminal. */
  end(): void {
    this.#ticks?.unsubscribe();
    void this.options.screen.close(this.#lines());
  }

  #lines(): readonly string[] {
    return this.options.linesOf(this.tasks.map((task, index) => this.#stage(task, index)));
  }

  #draw(): void {
    const version = this.options.version();
    if (version !== this.#drawn && this.options.screen.draw(this.#lines())) this.#drawn = version;
  }

  #stage(task: ListrTask, index: number): Stage {
    const { name = "", batch = false } = this.options.stages.list[index] ?? {};
    const message = task.hasFailed() ? task.message.error : task.output;
    return { name, batch, status: statusOf(task), ...(message !== undefined && { message }) };
  }
}

const FRAMES_PER_SECOND = 8;

/** listr2 starts all stages at once; a stage has really started once it has emitted a message. */
const statusOf = (task: ListrTask): Stage["status"] => {
  if (task.hasFailed()) return "failed";
  if (task.output === undefined) return "waiting";
  return task.isCompleted() ? "done" : "running";
};

/** Draws the stages of a listr2 list and what is going on in them. It draws what fits, not what there is. */
import type { ListrRenderer, ListrTaskObject } from "listr2";
import { interval, type Subscription, tap } from "rxjs";
import type { Screen } from "./screen.js";
import type { Stage, Stages } from "./stages.js";

export interface RendererOptions {
  readonly screen: Screen;
  readonly stages: Stages;
  /** The lines to show. */
  picture(stages: readonly Stage[]): readonly string[];
  /** A mistake of ours was met while drawing. */
  failed(error: unknown): void;
  /** Another text whenever the picture may have changed. */
  version(): string;
}

/** What we ask of a listr2 task. */
type ListrTask = Pick<ListrTaskObject<unknown>, "hasFailed" | "isCompleted" | "output" | "message">;

/** listr2's own renderers draw every line of the whole tree at every change, which takes minutes for a few hundred. */
export class EnsembleRenderer implements ListrRenderer {
  /** Whether stdout is a terminal is none of our concern: we draw on stderr, and are only asked when it is one. */
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
      .subscribe({ error: (error: unknown) => this.options.failed(error) });
  }

  /** The list has come to its end: the last picture stays. */
  end(): void {
    this.#ticks?.unsubscribe();
    void this.options.screen.close(this.#lines());
  }

  #lines(): readonly string[] {
    return this.options.picture(this.tasks.map((task, index) => this.#stage(task, index)));
  }

  #draw(): void {
    const version = this.options.version();
    if (version !== this.#drawn && this.options.screen.draw(this.#lines())) this.#drawn = version;
  }

  #stage(task: ListrTask, index: number): Stage {
    const { name = "", batch = false } = this.options.stages.list[index] ?? {};
    const says = task.hasFailed() ? task.message.error : task.output;
    return { name, batch, status: statusOf(task), ...(says !== undefined && { says }) };
  }
}

const FRAMES_PER_SECOND = 8;

/** listr2 starts all stages at once; one has begun when it has said something. */
const statusOf = (task: ListrTask): Stage["status"] => {
  if (task.hasFailed()) return "failed";
  if (task.output === undefined) return "waiting";
  return task.isCompleted() ? "done" : "running";
};

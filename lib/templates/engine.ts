/** What a template engine is to the rest of the program: it compiles a text once, and renders it for many runs. */
import type { Variables } from "../plan/values.js";

/** Compiles the text of a template. Throws a `TemplateError` where it cannot be understood. */
export type Compile<T extends Template = Template> = (text: string, options: CompileOptions) => T;

export interface CompileOptions {
  /** What the use of an undefined variable is: a mistake, or nothing. */
  readonly undefined: "error" | "empty";
  /** The directories that partial templates may come from. None may come from elsewhere. */
  readonly roots: readonly string[];
}

export interface Template {
  /** The variables of the run that its text names, as far as they are found without rendering. */
  readonly uses: readonly Use[];
  /** The text for a run. Throws a `TemplateError`; an engine that is another program rejects with it. */
  render(run: Variables): string | Promise<string>;
}

/** A template of an engine that is part of this program: it has its text at once. */
export interface PromptTemplate extends Template {
  render(run: Variables): string;
}

/** One place that names a variable of the run. */
export interface Use {
  /** `run.a.b` is `["a", "b"]`. */
  readonly path: readonly string[];
  /** Line and column of the place, from 1. */
  readonly line: number;
  readonly column: number;
}

/** A template that cannot be understood or rendered. The message is a sentence without the place. */
export class TemplateError extends Error {
  constructor(
    message: string,
    readonly line?: number,
    readonly column?: number,
    /** Where an undefined variable is the reason: its path below `run`, as in `Use`. */
    readonly undefinedPath?: readonly string[],
    readonly more: {
      /** The partial template that the place is in, if it is not in the template itself. */
      readonly file?: string;
      /** What else is wrong with the same template, where the engine goes on after a mistake. */
      readonly also?: readonly TemplateError[];
    } = {},
  ) {
    super(message);
    this.name = "TemplateError";
  }
}

/** The contract of a template engine: compile a text once, render it for many runs. */
import type { Variables } from "../plan/values.js";

/** Compiles the text of a template. Throws a `TemplateError` if the text is not valid. */
export type Compile<T extends Template = Template> = (text: string, options: CompileOptions) => T;

export interface CompileOptions {
  /** Whether an undefined variable is an error or empty text. */
  readonly undefined: "error" | "empty";
  /** The only directories from which a template may load other templates. */
  readonly roots: readonly string[];
  /** The files in these directories, relative to them: suggestions for the name of a template that is not there. */
  readonly files?: () => Iterable<string>;
}

export interface Template {
  /** The variables of the run that the text names, as far as the engine finds them without rendering. */
  readonly uses: readonly Use[];
  /** The text for a run. Throws a `TemplateError`; an engine in another process rejects with a `TemplateError`. */
  render(run: Variables): string | Promise<string>;
}

/** A template of an engine in this process: it renders synchronously. */
export interface PromptTemplate extends Template {
  render(run: Variables): string;
}

/** One use of a variable of the run. */
export interface Use {
  /** `run.a.b` is `["a", "b"]`. */
  readonly path: readonly string[];
  /** Line and column, from 1. */
  readonly line: number;
  readonly column: number;
}

/** The error of a template that cannot be compiled or rendered. The message does not contain the place. */
export class TemplateError extends Error {
  constructor(
    message: string,
    readonly line?: number,
    readonly column?: number,
    /** The path of the undefined variable below `run`, as in `Use`, if one is the cause. */
    readonly undefinedPath?: readonly string[],
    readonly more: {
      /** The file with the mistake, if the mistake is in a template that the template loads. */
      readonly file?: string;
      /** More mistakes in the same template, if the engine continues after the first. */
      readonly also?: readonly TemplateError[];
    } = {},
  ) {
    super(message);
    this.name = "TemplateError";
  }
}

/** The error of a template that cannot be parsed or rendered: a message, and the place as soon as it is known. */

/** The text that contains a mistake. */
export interface Origin {
  /** The name under which the template was loaded; null for the template that a run renders. */
  readonly name: string | null;
  readonly source: string;
  readonly file?: string;
}

export class Problem extends Error {
  /** The offset in the template's text. The innermost expression that knows its own offset sets it. */
  at: number | undefined;
  /** The text in which `at` is an offset. The innermost template around the place sets it. */
  origin: Origin | undefined;

  /** `path` names the undefined variable that was used: `run.a.b` is ["a", "b"]. */
  constructor(
    message: string,
    at?: number,
    readonly path?: readonly string[],
  ) {
    super(message);
    this.name = "Problem";
    this.at = at;
  }
}

/** Does the work of a template. An error with a place gets this template, unless an inner template has been set. */
export const inTemplate = <T>(origin: Origin, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof Problem && error.at !== undefined) error.origin ??= origin;
    throw error;
  }
};

export const fail = (message: string, at?: number): never => {
  throw new Problem(message, at);
};

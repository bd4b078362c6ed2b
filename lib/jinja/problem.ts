/** The error of a template that cannot be parsed or rendered: a message, and the place as soon as it is known. */

export class Problem extends Error {
  /** The offset in the template's text. The innermost expression that knows its own offset sets it. */
  at: number | undefined;

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

export const fail = (message: string, at?: number): never => {
  throw new Problem(message, at);
};

/** The tags of Jinja2: those that this engine supports, and those that it does not. */

export const TAGS = ["if", "for", "set", "with", "filter", "macro", "raw"];

/** Tags of Jinja2 that this engine does not support, with what to do instead if there is a way. */
export const UNSUPPORTED_TAGS: ReadonlyMap<string, string> = new Map([
  ["include", ": the Python tool cannot load the other file either"],
  ["import", ""],
  ["from", ""],
  ["extends", ""],
  ["block", ""],
  ["call", ""],
  ["autoescape", ""],
  ["do", ": `{% set _ = … %}` does the same"],
  ["break", ""],
  ["continue", ""],
  ["trans", ""],
  ["pluralize", ""],
  ["debug", ""],
  ["print", ": write `{{ … }}`"],
]);

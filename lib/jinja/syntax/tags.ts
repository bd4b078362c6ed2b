/** The tags of Jinja2, and which of them this engine has. */

export const TAGS = ["if", "for", "set", "with", "filter", "macro", "raw"];

/** Tags of Jinja2 that this engine leaves out, and what to do instead where that is known. */
export const UNSUPPORTED_TAGS: ReadonlyMap<string, string> = new Map([
  ["include", ": the Python tool has no way to load the other file either"],
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

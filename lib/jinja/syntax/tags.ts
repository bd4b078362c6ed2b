/** The tags of Jinja2, supported and unsupported. */

export const TAGS = ["if", "for", "set", "with", "filter", "macro", "raw"];

/** The tags of Jinja2 that this engine does not support, each with advice if there is another way. */
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

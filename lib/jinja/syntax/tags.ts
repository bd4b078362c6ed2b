/** The tags of Jinja2, supported and unsupported. */

export const TAGS = [
  ...["if", "for", "set", "with", "filter", "macro", "raw"],
  ...["block", "extends", "include", "import", "from"],
];

/** The tags of Jinja2 that this engine does not support, each with advice if there is another way. */
export const UNSUPPORTED_TAGS: ReadonlyMap<string, string> = new Map([
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

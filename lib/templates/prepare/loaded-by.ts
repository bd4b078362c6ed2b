/** The files that a template of any engine loads, as far as its text names them. */
import { extname, normalize } from "node:path";

/** The tags of Jinja2 and Liquid that load other templates. */
const TAG = /\{%[-+]?\s*(?:include|import|from|extends|render|layout)\b((?:"[^"]*"|'[^']*'|[^"'])*?)[-+]?%\}/g;
const QUOTED = /"[^"]*"|'[^']*'/g;
/** One quoted name, or a list of them. What follows may only be one of the words that stand behind a name. */
const PLAIN =
  /^\s*[[(]?\s*(?:"[^"]*"|'[^']*')(?:\s*,\s*(?:"[^"]*"|'[^']*'))*\s*,?\s*[\])]?\s*(?:$|,|(?:ignore|with|without|import|as|for)\b)/;

/**
 * The names, relative to the template directory, in the order of the text; "computed" if the template computes one. Reads
 * comments, too: a file too many does no harm, but a change of a file that is left out would go unnoticed.
 */
export const loadedBy = (text: string): readonly string[] | "computed" => {
  const names = new Set<string>();
  for (const [, tail = ""] of text.matchAll(TAG)) {
    if (!PLAIN.test(tail)) return "computed";
    for (const [quoted] of tail.matchAll(QUOTED)) {
      const name = normalize(`/${quoted.slice(1, -1)}`).slice(1);
      names.add(name);
      // Liquid adds the ending.
      if (extname(name) === "") names.add(`${name}.liquid`);
    }
  }
  return [...names];
};

/** The limit for blocks inside one another: LiquidJS takes gigabytes of memory for ten thousand, before its own limits act. */
import { TemplateError } from "../engine.js";

/** As in the Jinja engine. */
const MAX_DEPTH = 100;

const TAG = /\{%-?\s*(\w+)/g;
const OPENING: ReadonlySet<string> = new Set(["if", "unless", "for", "case", "capture", "tablerow", "block"]);
/** Blocks in which tags are text. */
const VERBATIM: ReadonlySet<string> = new Set(["raw", "comment"]);

/** Throws a `TemplateError` at the first block that is nested too deeply. */
export const checkNesting = (text: string): void => {
  let depth = 0;
  let verbatim: string | undefined;
  for (const { 1: tag = "", index } of text.matchAll(TAG)) {
    if (verbatim !== undefined) {
      if (tag === `end${verbatim}`) verbatim = undefined;
    } else if (VERBATIM.has(tag)) verbatim = tag;
    else if (OPENING.has(tag)) depth += 1;
    else if (tag.startsWith("end")) depth -= 1;
    if (depth > MAX_DEPTH) throw tooDeep(text.slice(0, index));
  }
};

const tooDeep = (before: string): TemplateError => {
  const lines = before.split("\n");
  const message = `blocks are nested too deeply: more than ${MAX_DEPTH} are open`;
  return new TemplateError(message, lines.length, (lines.at(-1) ?? "").length + 1);
};

/** Filters on text. */
import { aligned, linesOf, replaced, SPACE, stripped } from "../format/strings.js";
import { wrapped } from "../format/wordwrap.js";
import { boundedText } from "../limits.js";
import { percentFormat } from "../operators/percent.js";
import { fail } from "../problem.js";
import { capitalized, lowercase, uppercase } from "../unicode/case.js";
import { wordCount } from "../unicode/properties.js";
import { Dict, isSequence, itemsOf, Tuple } from "../values/containers.js";
import { size, tryIterate } from "../values/iterate.js";
import { escaped, Markup, mapText, plainText } from "../values/markup.js";
import { toInteger } from "../values/numbers.js";
import { REQUIRED } from "../values/signature.js";
import { characters, lengthOf, str } from "../values/text.js";
import { type Py, truth, typeName, Undefined } from "../values/values.js";
import { type Filter, type Filters, filter } from "./filter.js";

const format: Filter = (value, { positional, named }) => {
  if (positional.length > 0 && named.size > 0)
    return fail("can't handle positional and keyword arguments at the same time");
  if (value instanceof Markup) return fail("the filter 'format' of escaped text is not supported here");
  return percentFormat(str(value), named.size > 0 ? new Dict(named) : new Tuple(positional));
};

const title = (value: Py): Py =>
  str(value)
    .split(WORD_STARTS)
    .map((part) => {
      const [first = ""] = part;
      return uppercase(first) + lowercase(part.slice(first.length));
    })
    .join("");

const WORD_STARTS = new RegExp(`([-({[<${SPACE}]+)`);

const replace = (value: Py, old: Py, next: Py, count: Py): Py =>
  replaced(str(value), str(old), str(next), count === null ? -1 : toInteger(count));

/** The text of a value, where Python requires a str. */
const requireText = (value: Py, what: string): string => {
  if (value instanceof Undefined) return value.refuse();
  return plainText(value) ?? fail(`${what} needs text, not ${typeName(value)}`);
};

const indent = (value: Py, width: Py, first: Py, blank: Py): Py => {
  const text = requireText(value, "indent");
  const margin = typeof width === "string" ? width : " ".repeat(Math.max(0, toInteger(width)));
  const lines = linesOf(`${text}\n`);
  const indented = lines.map((line, index) => (index > 0 && (truth(blank) || line !== "") ? margin + line : line));
  const result = boundedText((truth(first) ? margin : "") + indented.join("\n"));
  return value instanceof Markup ? new Markup(result) : result;
};

const truncate = (value: Py, length: Py, killWords: Py, end: Py, leeway: Py): Py => {
  const [tail, most, slack] = [str(end), toInteger(length), leeway === null ? 5 : toInteger(leeway)];
  if (most < lengthOf(tail)) return fail(`expected length >= ${lengthOf(tail)}, got ${most}`);
  if (slack < 0) return fail(`expected leeway >= 0, got ${slack}`);
  if (size(value) <= most + slack) return value;
  const all = Array.from(characters(requireText(value, "truncate")));
  const head = all.slice(0, most - lengthOf(tail)).join("");
  const space = head.lastIndexOf(" ");
  return (truth(killWords) || space < 0 ? head : head.slice(0, space)) + tail;
};

const wordWrap = (value: Py, width: Py, long: Py, between: Py, hyphens: Py): Py => {
  const text = requireText(value, "wordwrap");
  const options = { width: toInteger(width), breakLong: truth(long), breakHyphens: truth(hyphens) };
  const joint = between === null ? "\n" : str(between);
  return linesOf(text)
    .map((line) => wrapped(line, options).join(joint))
    .join(joint);
};

const percentEncoded = (value: Py, query: boolean): string => {
  const text = str(value);
  if (/\p{Cs}/u.test(text)) return fail("urlencode cannot encode half a surrogate pair");
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return query ? encoded.replaceAll("%20", "+") : encoded.replaceAll("%2F", "/");
};

const urlEncode = (value: Py): Py => {
  const items = plainText(value) === undefined ? tryIterate(value) : undefined;
  if (items === undefined) return percentEncoded(value, false);
  const pairs: Iterable<Py> = value instanceof Dict ? value.pairs().map((pair) => new Tuple(pair)) : items;
  return Array.from(pairs, (pair) => {
    const [key, item, ...more] = isSequence(pair) ? itemsOf(pair) : fail("urlencode needs pairs");
    if (key === undefined || item === undefined || more.length > 0) return fail("urlencode needs pairs");
    return `${percentEncoded(key, true)}=${percentEncoded(item, true)}`;
  }).join("&");
};

export const TEXT_FILTERS: Filters = [
  filter("upper", {}, (value) => mapText(value, uppercase)),
  filter("lower", {}, (value) => mapText(value, lowercase)),
  filter("capitalize", {}, (value) => mapText(value, capitalized)),
  filter("title", {}, title),
  filter("trim", { chars: null }, (value, set) =>
    mapText(value, (text) => stripped(text, set === null ? undefined : requireText(set, "trim"), "both")),
  ),
  filter("center", { width: 80 }, (value, width) =>
    mapText(value, (text) => aligned(text, toInteger(width), " ", "center")),
  ),
  filter("replace", { old: REQUIRED, new: REQUIRED, count: null }, replace),
  filter("indent", { width: 4, first: false, blank: false }, indent),
  filter("truncate", { length: 255, killwords: false, end: "...", leeway: null }, truncate),
  filter("wordwrap", { width: 79, break_long_words: true, wrapstring: null, break_on_hyphens: true }, wordWrap),
  filter("wordcount", {}, (value) => wordCount(str(value))),
  filter("urlencode", {}, urlEncode),
  filter("string", {}, (value) => (value instanceof Markup ? value : str(value))),
  filter("e", {}, escaped),
  filter("escape", {}, escaped),
  filter("forceescape", {}, (value) => escaped(str(value))),
  filter("safe", {}, (value) => new Markup(str(value))),
  ["format", format],
];

/** The methods of strings, except `format`. */
import { aligned, joined, linesOf, replaced, stripped, words } from "../format/strings.js";
import { boundedCount } from "../limits.js";
import { fail } from "../problem.js";
import { capitalized, casefolded, lowercase, swapped, titled, uppercase } from "../unicode/case.js";
import {
  allAre,
  isAlpha,
  isAlphanumeric,
  isDecimal,
  isDigit,
  isIdentifier,
  isNumericCharacter,
  isOfCase,
  isPrintable,
  isSpace,
  isTitled,
} from "../unicode/properties.js";
import { isSequence, itemsOf, Tuple } from "../values/containers.js";
import { iterate } from "../values/iterate.js";
import { plainText } from "../values/markup.js";
import { toInteger } from "../values/numbers.js";
import { REQUIRED, type Signature } from "../values/signature.js";
import { characters, lengthOf } from "../values/text.js";
import { type Py, truth, typeName, Undefined } from "../values/values.js";
import { type Methods, method } from "./method.js";

/** The text of an argument that must be a string. */
const text = (value: Py): string => {
  const plain = plainText(value);
  if (plain !== undefined) return plain;
  if (value instanceof Undefined) value.lenient();
  return fail(`must be str, not ${typeName(value)}`);
};

const optionalText = (value: Py): string | undefined => (value === null ? undefined : text(value));

const options = (value: Py): string[] => (isSequence(value) ? itemsOf(value).map(text) : [text(value)]);

/** The part of a string that `find`, `count` and similar search, and its offset; undefined if the start is past the end. */
const substring = (self: string, start: Py, end: Py): { text: string; offset: number } | undefined => {
  const all = characters(self);
  const clamp = (value: Py, fallback: number): number => {
    if (value === null) return fallback;
    const index = toInteger(value);
    return index < 0 ? Math.max(0, index + all.length) : index;
  };
  const [from, to] = [clamp(start, 0), Math.min(all.length, clamp(end, all.length))];
  if (from > to) return undefined;
  return { text: typeof all === "string" ? all.slice(from, to) : all.slice(from, to).join(""), offset: from };
};

const find = (self: string, wanted: Py, start: Py, end: Py, last: boolean): number => {
  const searched = substring(self, start, end);
  const place = last ? searched?.text.lastIndexOf(text(wanted)) : searched?.text.indexOf(text(wanted));
  if (searched === undefined || place === undefined || place < 0) return -1;
  return lengthOf(searched.text.slice(0, place)) + searched.offset;
};

const requireFound = (place: number): number => (place < 0 ? fail("substring not found") : place);

const split = (self: string, separator: Py, maxSplit: Py): Py[] => {
  const limit = toInteger(maxSplit);
  const by = optionalText(separator);
  if (by === undefined) return words(self, limit);
  if (by === "") return fail("empty separator");
  const parts = self.split(by);
  boundedCount(parts.length);
  return limit < 0 || parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(by)];
};

const splitFromRight = (self: string, separator: Py, maxSplit: Py): Py[] => {
  const limit = toInteger(maxSplit);
  const by = optionalText(separator);
  if (by === undefined) return words(self, limit, true);
  if (by === "") return fail("empty separator");
  const parts = self.split(by);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const head = parts.length - limit;
  return [parts.slice(0, head).join(by), ...parts.slice(head)];
};

const partition = (self: string, separator: Py, last: boolean): Tuple => {
  const by = text(separator);
  if (by === "") return fail("empty separator");
  const place = last ? self.lastIndexOf(by) : self.indexOf(by);
  if (place < 0) return new Tuple(last ? ["", "", self] : [self, "", ""]);
  return new Tuple([self.slice(0, place), by, self.slice(place + by.length)]);
};

const filler = (value: Py): string => {
  const character = text(value);
  return lengthOf(character) === 1 ? character : fail("The fill character must be exactly one character long");
};

const range: Signature = { "/sub": REQUIRED, "/start": null, "/end": null };
const width: Signature = { "/width": REQUIRED, "/fillchar": " " };
const splitting: Signature = { sep: null, maxsplit: -1 };

export const TEXT: Methods<string> = new Map([
  method("upper", {}, uppercase),
  method("lower", {}, lowercase),
  method("casefold", {}, casefolded),
  method("capitalize", {}, capitalized),
  method("title", {}, titled),
  method("swapcase", {}, swapped),
  method("strip", { "/chars": null }, (self: string, set: Py) => stripped(self, optionalText(set), "both")),
  method("lstrip", { "/chars": null }, (self: string, set: Py) => stripped(self, optionalText(set), "start")),
  method("rstrip", { "/chars": null }, (self: string, set: Py) => stripped(self, optionalText(set), "end")),
  method("removeprefix", { "/prefix": REQUIRED }, (self: string, head: Py) =>
    self.startsWith(text(head)) ? self.slice(text(head).length) : self,
  ),
  method("removesuffix", { "/suffix": REQUIRED }, (self: string, tail: Py) =>
    text(tail) !== "" && self.endsWith(text(tail)) ? self.slice(0, -text(tail).length) : self,
  ),
  method(
    "replace",
    { "/old": REQUIRED, "/new": REQUIRED, "/count": -1 },
    (self: string, old: Py, next: Py, count: Py) => replaced(self, text(old), text(next), toInteger(count)),
  ),
  method("startswith", range, (self: string, heads: Py, start: Py, end: Py) => {
    const searched = substring(self, start, end)?.text;
    return options(heads).some((head) => searched?.startsWith(head) === true);
  }),
  method("endswith", range, (self: string, tails: Py, start: Py, end: Py) => {
    const searched = substring(self, start, end)?.text;
    return options(tails).some((tail) => searched?.endsWith(tail) === true);
  }),
  method("find", range, (self: string, wanted: Py, start: Py, end: Py) => find(self, wanted, start, end, false)),
  method("rfind", range, (self: string, wanted: Py, start: Py, end: Py) => find(self, wanted, start, end, true)),
  method("index", range, (self: string, wanted: Py, start: Py, end: Py) =>
    requireFound(find(self, wanted, start, end, false)),
  ),
  method("rindex", range, (self: string, wanted: Py, start: Py, end: Py) =>
    requireFound(find(self, wanted, start, end, true)),
  ),
  method("count", range, (self: string, wanted: Py, start: Py, end: Py) => {
    const searched = substring(self, start, end);
    if (searched === undefined) return 0;
    return text(wanted) === "" ? lengthOf(searched.text) + 1 : searched.text.split(text(wanted)).length - 1;
  }),
  method("split", splitting, split),
  method("rsplit", splitting, splitFromRight),
  method("splitlines", { keepends: false }, (self: string, keep: Py) => linesOf(self, truth(keep))),
  method("partition", { "/sep": REQUIRED }, (self: string, by: Py) => partition(self, by, false)),
  method("rpartition", { "/sep": REQUIRED }, (self: string, by: Py) => partition(self, by, true)),
  method("join", { "/iterable": REQUIRED }, (self: string, items: Py) => {
    const parts = Array.from(
      iterate(items),
      (item, place) =>
        plainText(item) ?? fail(`sequence item ${place}: expected str instance, ${typeName(item)} found`),
    );
    return joined(parts, self);
  }),
  method("zfill", { "/width": REQUIRED }, (self: string, wide: Py) => {
    const sign = /^[-+]?/.exec(self)?.[0] ?? "";
    return sign + aligned(self.slice(sign.length), toInteger(wide) - sign.length, "0", "end");
  }),
  method("ljust", width, (self: string, wide: Py, fill: Py) => aligned(self, toInteger(wide), filler(fill), "start")),
  method("rjust", width, (self: string, wide: Py, fill: Py) => aligned(self, toInteger(wide), filler(fill), "end")),
  method("center", width, (self: string, wide: Py, fill: Py) => aligned(self, toInteger(wide), filler(fill), "center")),
  method("expandtabs", { tabsize: 8 }, (self: string, size: Py) => {
    let column = 0;
    return self.replace(/\t|[\n\r]|[^\t\n\r]+/g, (piece) => {
      if (piece !== "\t") {
        column = piece === "\n" || piece === "\r" ? 0 : column + lengthOf(piece);
        return piece;
      }
      const blanks = toInteger(size) <= 0 ? 0 : toInteger(size) - (column % toInteger(size));
      column += blanks;
      return " ".repeat(blanks);
    });
  }),
  method("isalpha", {}, allAre(isAlpha)),
  method("isdigit", {}, allAre(isDigit)),
  method("isdecimal", {}, allAre(isDecimal)),
  method("isnumeric", {}, allAre(isNumericCharacter)),
  method("isalnum", {}, allAre(isAlphanumeric)),
  method("isspace", {}, allAre(isSpace)),
  method("isascii", {}, (self: string) => /^[\0-\x7f]*$/.test(self)),
  method("isidentifier", {}, isIdentifier),
  method("isprintable", {}, (self: string) => self === "" || allAre(isPrintable)(self)),
  method("islower", {}, (self: string) => isOfCase(self, "lower")),
  method("isupper", {}, (self: string) => isOfCase(self, "upper")),
  method("istitle", {}, isTitled),
]);

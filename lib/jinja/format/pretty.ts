/** `pprint`: Python's pformat, 80 characters wide, with the keys of dicts sorted. */
import { boundedText } from "../limits.js";
import { sorted } from "../values/compare.js";
import { Dict, GroupTuple, isSequence, itemsOf, Tuple } from "../values/containers.js";
import { lengthOf, repr } from "../values/text.js";
import { isPyNumber, type Py } from "../values/values.js";
import { linesOf, SPACE } from "./strings.js";

const WIDTH = 80;

export const prettyPrint = (value: Py): string => boundedText(pretty(arranged(value), 0, 0, true));

/** A copy of a value in which the keys of all dicts are sorted. */
const arranged = (value: Py): Py => {
  if (Array.isArray(value)) return value.map(arranged);
  if (value instanceof Tuple && !(value instanceof GroupTuple)) return new Tuple(value.items.map(arranged));
  if (!(value instanceof Dict)) return value;
  return new Dict(inOrder(value.keys()).map((key) => [key, arranged(value.get(key) ?? null)]));
};

/** Sorts keys of different types by the names of the types (pprint's `_safe_key`): NoneType, the numbers, str. */
const inOrder = (keys: readonly Py[]): readonly Py[] => {
  const kinds = [
    keys.filter((key) => key === null),
    keys.filter(isPyNumber),
    keys.filter((key) => typeof key === "string"),
  ];
  const isKnown = kinds.flat().length === keys.length;
  return (isKnown ? kinds : [keys]).flatMap((kind) => sorted(kind, (key) => key, false));
};

/** `indent` columns before the value, and `allowance` columns after it, are taken on its line. */
const pretty = (value: Py, indent: number, allowance: number, outermost: boolean): string => {
  const line = repr(value);
  if (lengthOf(line) <= WIDTH - indent - allowance || value instanceof GroupTuple) return line;
  if (typeof value === "string") return wrappedText(value, indent, allowance, outermost);
  if (value instanceof Dict) return enclosed("{", dictItems(value, indent + 1, allowance + 1), "}", indent);
  if (!isSequence(value)) return line;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["(", value.items.length === 1 ? ",)" : ")"];
  const items = itemsOf(value);
  const parts = items.map((item, index) =>
    pretty(item, indent + 1, index === items.length - 1 ? allowance + close.length : 1, false),
  );
  return enclosed(open, parts, close, indent);
};

const enclosed = (open: string, parts: readonly string[], close: string, indent: number): string =>
  open + parts.join(`,\n${" ".repeat(indent + 1)}`) + close;

const dictItems = (dict: Dict, indent: number, allowance: number): string[] => {
  const pairs = dict.pairs();
  return pairs.map(([key, value], index) => {
    const head = `${repr(key)}: `;
    return head + pretty(value, indent + lengthOf(head), index === pairs.length - 1 ? allowance : 1, false);
  });
};

/** A long string as several literals, split after line breaks and blanks. */
const wrappedText = (text: string, before: number, after: number, outermost: boolean): string => {
  const [indent, allowance] = outermost ? [before + 1, after + 1] : [before, after];
  const lines = linesOf(text, true);
  const chunks = lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1;
    const whole = repr(line);
    return lengthOf(whole) <= WIDTH - indent - (isLast ? allowance : 0)
      ? [whole]
      : cutLine(line, indent, isLast ? allowance : 0);
  });
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const joined = chunks.join(`\n${" ".repeat(indent)}`);
  return outermost ? `(${joined})` : joined;
};

const WORDS = new RegExp(`[^${SPACE}]+[${SPACE}]*|[${SPACE}]+`, "g");

const cutLine = (line: string, indent: number, allowance: number): string[] => {
  const parts = line.match(WORDS) ?? [];
  const chunks: string[] = [];
  let current = "";
  for (const [index, part] of parts.entries()) {
    const width = WIDTH - indent - (index === parts.length - 1 ? allowance : 0);
    if (lengthOf(repr(current + part)) <= width) current += part;
    else {
      if (current !== "") chunks.push(repr(current));
      current = part;
    }
  }
  return current === "" ? chunks : [...chunks, repr(current)];
};

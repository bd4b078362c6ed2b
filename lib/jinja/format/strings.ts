/** Operations of Python's str that methods and filters share. */
import { boundedLength, boundedText } from "../limits.js";
import { characters, lengthOf } from "../values/text.js";

/** White space for Python's strip and split, and for its `\s`. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const START = new RegExp(`^[${SPACE}]+`);
const SPACES = new RegExp(`[${SPACE}]+`, "g");
const isSpace = new RegExp(`[${SPACE}]`);

export const stripped = (text: string, set: string | undefined, side: "start" | "end" | "both"): string => {
  const all = set === undefined ? text : characters(text);
  const isStripped = (character = ""): boolean =>
    set === undefined ? isSpace.test(character) : set.includes(character);
  let [start, end] = [0, all.length];
  if (side !== "end") while (start < end && isStripped(all[start])) start += 1;
  if (side !== "start") while (end > start && isStripped(all[end - 1])) end -= 1;
  return typeof all === "string" ? all.slice(start, end) : all.slice(start, end).join("");
};

/** Splits at white space, at most `limit` times; a negative `limit` means no limit. */
export const words = (text: string, limit: number, fromRight = false): string[] => {
  const all = stripped(text, undefined, "both");
  if (limit < 0) return all === "" ? [] : all.split(SPACES);
  const parts: string[] = [];
  let rest = stripped(text, undefined, fromRight ? "end" : "start");
  while (rest !== "" && parts.length < limit) {
    if (fromRight) {
      const start = lastSpace(rest) + 1;
      parts.unshift(rest.slice(start));
      rest = stripped(rest.slice(0, start), undefined, "end");
    } else {
      const end = rest.search(isSpace);
      parts.push(end < 0 ? rest : rest.slice(0, end));
      rest = end < 0 ? "" : rest.slice(end).replace(START, "");
    }
  }
  if (rest === "") return parts;
  return fromRight ? [rest, ...parts] : [...parts, rest];
};

const lastSpace = (text: string): number => {
  let place = text.length - 1;
  while (place >= 0 && !isSpace.test(text.charAt(place))) place -= 1;
  return place;
};

const BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

export const linesOf = (text: string, keepEnds = false): string[] => {
  const lines: string[] = [];
  let start = 0;
  for (const match of text.matchAll(BREAK)) {
    const end = match.index + match[0].length;
    lines.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
};

/** Joins texts. Checks the length before it allocates memory. */
export const joined = (parts: readonly string[], between: string): string => {
  boundedLength(parts.reduce((sum, part) => sum + part.length + between.length, -between.length));
  return boundedText(parts.join(between));
};

/** Replaces up to `count` occurrences, or all if `count` is negative. */
export const replaced = (text: string, old: string, next: string, count: number): string => {
  if (count === 0) return text;
  const parts = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
  const places = parts.length - 1;
  const used = count < 0 ? places : Math.min(count, places);
  boundedLength(text.length + used * next.length);
  if (used === places) return parts.join(next);
  return [...parts.slice(0, used), parts.slice(used).join(old)].join(next);
};

export const aligned = (text: string, width: number, fill: string, side: "start" | "end" | "center"): string => {
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  boundedLength(width);
  // If the sides cannot be equal, Python puts one more blank on the left exactly when both numbers are odd.
  const left = side === "start" ? 0 : side === "end" ? missing : Math.floor(missing / 2) + (missing & width & 1);
  return boundedText(fill.repeat(left) + text + fill.repeat(missing - left));
};

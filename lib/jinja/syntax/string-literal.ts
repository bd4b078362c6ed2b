/** The escapes in a string literal, decoded as Python's `unicode-escape` decodes them. */
import { fail } from "../problem.js";

const ESCAPE =
  /\\(?:(\n)|([\\'"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{0,2})|u([0-9a-fA-F]{0,4})|U([0-9a-fA-F]{0,8})|(N))/g;

const LETTERS: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

export const unescape = (text: string, at: number): string => {
  if (!text.includes("\\")) return text;
  return text.replace(
    ESCAPE,
    (_all, line?: string, letter?: string, octal?: string, ...codes: (string | undefined)[]) => {
      if (line !== undefined) return "";
      if (letter !== undefined) return LETTERS[letter] ?? letter;
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const [x, u, long, named] = codes;
      if (named === "N") return fail("\\N{…} escapes are not supported: write the character itself", at);
      const [digits = "", wanted, shape] =
        x !== undefined ? [x, 2, "\\xXX"] : u !== undefined ? [u, 4, "\\uXXXX"] : [long, 8, "\\UXXXXXXXX"];
      if (digits.length !== wanted) return fail(`truncated ${shape} escape`, at);
      const code = Number.parseInt(digits, 16);
      return code > 0x10ffff ? fail("illegal Unicode character", at) : String.fromCodePoint(code);
    },
  );
};

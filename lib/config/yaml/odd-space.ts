/** Characters that look like a space but are none to YAML. They come from editors, web pages and word processors. */

/** The first such character of a text, by name: `a no-break space (U+00A0)`. */
export const oddSpaceIn = (text: string): string | undefined => {
  const [character] = /(?![ \t\r\n])[\s\u200b\u2060\ufeff]/u.exec(text) ?? [];
  if (character === undefined) return undefined;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `${code === "00A0" || code === "202F" ? "a no-break space" : "an unusual space"} (U+${code})`;
};

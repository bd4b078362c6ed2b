/** The blocks of code in README and docs/, for specs that try them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export const DOCUMENTS: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export interface Block {
  readonly document: string;
  /** The number of its first line, from 1. */
  readonly line: number;
  /** The word after the fence. */
  readonly language: string;
  readonly text: string;
  /** The name of the file that the block shows, from the line above the block. */
  readonly file?: string;
}

export const textOf = (document: string): string => readFileSync(join(ROOT, document), "utf8");

/** Every block of code in a document. */
export const blocksOf = (document: string): readonly Block[] => {
  const text = textOf(document);
  return [...text.matchAll(/(?:^\*\*`([^`\n]+)`\*\*\n\n)?^```(\w*)\n(.*?)^```$/gms)].map((match) => {
    const [, file, language = "", code = ""] = match;
    const line = text.slice(0, match.index).split("\n").length + (file === undefined ? 1 : 3);
    return { document, line, language, text: code, ...(file !== undefined && { file }) };
  });
};

export const blocks = (language: string): readonly Block[] =>
  DOCUMENTS.flatMap(blocksOf).filter((block) => block.language === language);

/** Reading a file that a person named. */
import { readFile } from "node:fs/promises";
import { messageOf } from "./errors.js";

/** The text, or a sentence that says why there is none. */
export const readText = async (path: string): Promise<{ readonly text: string } | { readonly problem: string }> => {
  try {
    const bytes = await readFile(path);
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError) return { problem: "it is not UTF-8 text" };
    return { problem: messageOf(error) };
  }
};

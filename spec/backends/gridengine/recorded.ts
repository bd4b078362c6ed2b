/** Recorded outputs of Grid Engine's programs. */
import { readFileSync } from "node:fs";

export const recorded = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/gridengine-output/${name}.txt`, import.meta.url), "utf8");

export interface Recording {
  readonly name: string;
  readonly text: string;
  readonly status: number;
}

/** Several outputs of one file: `=== name`, what was printed, and `--- exit status`. */
export const recordings = (file: string): readonly Recording[] =>
  [...recorded(file).matchAll(/^=== (.*)\n([\s\S]*?)^--- (\d+)\n/gm)].map(([, name = "", text = "", status]) => ({
    ...{ name, text, status: Number(status) },
  }));

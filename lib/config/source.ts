/** The text of a configuration, with the line and column of each offset. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";

/** A place in a file, in the fields of a diagnostic. */
export type Spot = Omit<Diagnostic, "severity" | "code" | "message">;

export interface Source {
  /** As the user named it. */
  readonly file: string;
  readonly text: string;
  /** The line, column and text of the line at an offset; without an offset, the file as a whole. */
  spot(offset?: number): Spot;
}

export const sourceOf = (file: string, text: string): Source => {
  let starts: readonly number[] | undefined;
  return {
    file,
    text,
    spot: (offset) => {
      if (offset === undefined) return { file };
      starts ??= lineStarts(text);
      const line = lineAt(starts, Math.min(offset, text.length));
      const start = starts[line] ?? 0;
      const end = starts[line + 1] ?? text.length + 1;
      const excerpt = text.slice(start, end - 1).replace(/\r$/, "");
      return { file, line: line + 1, column: offset - start + 1, excerpt };
    },
  };
};

const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
};

/** The last line that starts at or before the offset. */
const lineAt = (starts: readonly number[], offset: number): number => {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** Fitting text into a line of a terminal: by what it looks like there, colours and wide characters included. */
import cliTruncate from "cli-truncate";
import type { FrameStyle } from "./scenery.js";

/** Cuts a line where the terminal would break it. */
export const cut = (text: string, { columns, signs }: Pick<FrameStyle, "columns" | "signs">): string =>
  cliTruncate(text, Math.max(1, columns), { truncationCharacter: signs.more });

/** A name in a column of names: its end tells runs apart, so that the middle goes. */
export const named = (name: string, width: number, { signs }: FrameStyle): string => {
  const short = cliTruncate(name, width, { position: "middle", truncationCharacter: signs.more });
  return short.padEnd(width);
};

/** A path whose end, the file, is what counts. */
export const cutPath = (path: string, width: number, { signs }: FrameStyle): string =>
  cliTruncate(path, Math.max(1, width), { position: "start", truncationCharacter: signs.more });

/** Functions that fit text into a terminal line, by its visible width: colours count nothing, wide characters two. */
import cliTruncate from "cli-truncate";
import type { FrameStyle } from "./frame-style.js";

/** A line cut where the terminal would wrap it. */
export const truncate = (text: string, { columns, glyphs }: Pick<FrameStyle, "columns" | "glyphs">): string =>
  cliTruncate(text, Math.max(1, columns), { truncationCharacter: glyphs.more });

/** A name of exactly `width` cells. It loses its middle, because the ends of names tell runs apart. */
export const fitName = (name: string, width: number, { glyphs }: FrameStyle): string => {
  const short = cliTruncate(name, width, { position: "middle", truncationCharacter: glyphs.more });
  return short.padEnd(width);
};

/** A path of at most `width` cells. It loses its start, because the file name matters most. */
export const truncatePath = (path: string, width: number, { glyphs }: FrameStyle): string =>
  cliTruncate(path, Math.max(1, width), { position: "start", truncationCharacter: glyphs.more });

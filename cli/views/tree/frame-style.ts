/** The size of the terminal, and the colours and glyphs that it can show. */
import type { Palette } from "../color.js";
import type { Glyphs } from "./glyphs.js";

export interface FrameStyle {
  /** The greatest width of a line. */
  readonly columns: number;
  readonly glyphs: Glyphs;
  readonly palette: Palette;
}

export interface FrameLayout extends FrameStyle {
  /** The greatest number of lines. */
  readonly room: number;
  /** Whether the user can press Ctrl-C here. */
  readonly interactive: boolean;
}

/** What a frame is laid out for: the size of the terminal, and what it can show. */
import type { Paints } from "../color.js";
import type { Signs } from "./signs.js";

export interface FrameStyle {
  /** How wide a line may be. */
  readonly columns: number;
  readonly signs: Signs;
  readonly paints: Paints;
}

export interface Scenery extends FrameStyle {
  /** How many lines there may be. */
  readonly room: number;
  /** Whether Ctrl-C reaches us. */
  readonly interactive: boolean;
}

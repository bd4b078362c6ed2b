/** The symbols of the live tree, in Unicode and in ASCII. The tree also says in words what each symbol means. */

export interface Glyphs {
  readonly waiting: string;
  readonly running: string;
  readonly done: string;
  readonly failed: string;
  readonly stopping: string;
  readonly lane: string;
  readonly more: string;
  readonly open: string;
  readonly close: string;
  readonly full: string;
  readonly fullOfFailures: string;
  readonly empty: string;
}

export const glyphsOf = (unicode: boolean): Glyphs => (unicode ? UNICODE : ASCII);

const UNICODE: Glyphs = {
  waiting: "·",
  running: "❯",
  done: "✔",
  failed: "✖",
  stopping: "!",
  lane: "│",
  more: "…",
  open: "▕",
  close: "▏",
  full: "█",
  fullOfFailures: "▒",
  empty: "░",
};

const ASCII: Glyphs = {
  waiting: "-",
  running: ">",
  done: "+",
  failed: "x",
  stopping: "!",
  lane: "|",
  more: "...",
  open: "[",
  close: "]",
  full: "#",
  fullOfFailures: "x",
  empty: ".",
};

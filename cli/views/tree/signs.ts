/** The signs of the live tree: in Unicode, and for terminals and locales that have only ASCII. A word stands beside each. */

export interface Signs {
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
  readonly wrong: string;
  readonly empty: string;
}

export const signsOf = (unicode: boolean): Signs => (unicode ? UNICODE : ASCII);

const UNICODE: Signs = {
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
  wrong: "▒",
  empty: "░",
};

const ASCII: Signs = {
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
  wrong: "x",
  empty: ".",
};

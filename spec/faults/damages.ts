/** Kinds of damage to a journal that no crash causes: one function per kind, each at a random place. */
import type { MadeJournal } from "../support/journal.js";

type Damaging = (
  made: MadeJournal,
  other: MadeJournal,
  random: () => number,
) => { readonly kind: string; readonly bytes: Buffer };

const below = (random: () => number, limit: number): number => Math.floor(random() * limit);

/** A kind of damage that changes bytes. */
const changed =
  (kind: string, change: (bytes: Buffer, random: () => number) => void): Damaging =>
  ({ bytes }, _, random) => {
    const copy = Buffer.from(bytes);
    change(copy, random);
    return { kind, bytes: copy };
  };

/** A kind of damage that changes the order or number of lines. */
const relined =
  (kind: string, change: (lines: string[], random: () => number) => void): Damaging =>
  ({ bytes }, _, random) => {
    const lines = bytes.toString("latin1").split(/(?<=\n)/);
    change(lines, random);
    return { kind, bytes: Buffer.from(lines.join(""), "latin1") };
  };

const zero = (bytes: Buffer, random: () => number) => {
  const from = below(random, bytes.length);
  bytes.fill(0, from, Math.min(bytes.length, from + 1 + below(random, 4096)));
};

const flip = (bytes: Buffer, random: () => number) => {
  bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
};

export const damages: readonly Damaging[] = [
  changed("one bit flipped", flip),
  changed("up to 16 bits flipped", (bytes, random) => {
    for (let times = 2 + below(random, 15); times > 0; times -= 1) flip(bytes, random);
  }),
  changed("a block of zeros", zero),
  changed("two blocks of zeros", (bytes, random) => {
    zero(bytes, random);
    zero(bytes, random);
  }),
  changed("a block overwritten by another", (bytes, random) => {
    const from = below(random, bytes.length);
    bytes.copy(bytes, below(random, bytes.length), from, Math.min(bytes.length, from + 1 + below(random, 4096)));
  }),
  relined("two lines swapped", (lines, random) => {
    const [one, other] = [below(random, lines.length), below(random, lines.length)];
    [lines[one], lines[other]] = [lines[other]!, lines[one]!];
  }),
  relined("a line twice", (lines, random) => {
    const from = below(random, lines.length);
    lines.splice(below(random, lines.length + 1), 0, lines[from]!);
  }),
  relined("lines missing", (lines, random) => {
    lines.splice(below(random, lines.length), 1 + below(random, 5));
  }),
  (made, other, random) => {
    const [one, two] = random() < 0.5 ? [made, other] : [other, made];
    const atGroups = random() < 0.5;
    const cut = ({ bytes, groups }: MadeJournal) =>
      atGroups ? groups[below(random, groups.length)]!.end : below(random, bytes.length);
    return {
      kind: "two journals spliced",
      bytes: Buffer.concat([one.bytes.subarray(0, cut(one)), two.bytes.subarray(cut(two))]),
    };
  },
];

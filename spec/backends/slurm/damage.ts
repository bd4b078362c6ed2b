/** Recorded outputs of Slurm's programs, and damage to them: cut, spliced and flipped. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { meaningOf } from "../../../lib/backends/slurm/states.js";

export const recorded = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/slurm-output/${name}.txt`, import.meta.url), "utf8");

/** Damages some bytes once. Its arbitrary numbers are positions in the bytes, as fractions of their length. */
type Damage = (bytes: Buffer) => Buffer;

const part = fc.double({ min: -1, max: 1, maxExcluded: true, noNaN: true });
/** Any position; for numbers below 0, the beginning of a field, where damage can do the most. */
const placeIn = (bytes: Buffer, at: number): number => {
  const place = Math.floor(Math.abs(at) * (bytes.length + 1));
  return at >= 0 ? place : Math.max(bytes.lastIndexOf(FIELD, place), bytes.lastIndexOf(LINE, place)) + 1;
};
const FIELD = 0x1f;
const LINE = 0x0a;
const lineAt = (bytes: Buffer, place: number): readonly [from: number, to: number] => {
  const end = bytes.indexOf(LINE, place);
  return [place === 0 ? 0 : bytes.lastIndexOf(LINE, place - 1) + 1, end === -1 ? bytes.length : end + 1];
};
const without = (bytes: Buffer, from: number, to: number): Buffer =>
  Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
const inserted = (bytes: Buffer, at: number, more: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);

/** The beginning of the field that comes so many fields after a position. */
const fieldAt = (bytes: Buffer, from: number, count: number): number => {
  let place = from;
  for (let left = count; left > 0; left -= 1) {
    const next = [bytes.indexOf(FIELD, place), bytes.indexOf(LINE, place)].filter((found) => found >= 0);
    if (next.length === 0) return bytes.length;
    place = Math.min(...next) + 1;
  }
  return place;
};

const BANNERS = [
  "CLUSTER: slurmtest\n",
  "*** Maintenance on Tuesday: all jobs COMPLETED or FAILED by then ***\n",
  "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n",
  "12\n",
  " ",
  "\x1f",
  "\n",
];

const damage: fc.Arbitrary<Damage> = fc.oneof(
  part.map<Damage>((at) => (bytes) => bytes.subarray(0, placeIn(bytes, at))),
  part.map<Damage>((at) => (bytes) => bytes.subarray(placeIn(bytes, at))),
  // Some bytes are missing: a few, or many.
  fc.tuple(part, fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 300 }))).map<Damage>(
    ([at, count]) =>
      (bytes) =>
        without(bytes, placeIn(bytes, at), placeIn(bytes, at) + count),
  ),
  // A line is repeated at another place, or in the middle of another line.
  fc.tuple(part, part, fc.boolean()).map<Damage>(([one, other, whole]) => (bytes) => {
    const [from, to] = lineAt(bytes, placeIn(bytes, one));
    const place = placeIn(bytes, other);
    return inserted(bytes, whole ? lineAt(bytes, place)[0] : place, bytes.subarray(from, to));
  }),
  // The text between the same field of two nearby lines is missing: one line ends with the fields of the other.
  fc
    .tuple(part, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 3 }))
    .map<Damage>(([at, field, lines]) => (bytes) => {
      const [from] = lineAt(bytes, placeIn(bytes, at));
      const start = fieldAt(bytes, from, field);
      const other = fieldAt(bytes, from, field + 7 * lines);
      return without(bytes, start, other);
    }),
  // A line continues as another line.
  fc.tuple(part, part).map<Damage>(([one, other]) => (bytes) => {
    const [a, b] = [placeIn(bytes, one), placeIn(bytes, other)];
    return a <= b ? without(bytes, a, b) : inserted(bytes, a, bytes.subarray(b, lineAt(bytes, b)[1]));
  }),
  // Any piece is repeated at another place.
  fc.tuple(part, part, fc.integer({ min: 1, max: 200 })).map<Damage>(
    ([one, other, count]) =>
      (bytes) =>
        inserted(bytes, placeIn(bytes, one), bytes.subarray(placeIn(bytes, other), placeIn(bytes, other) + count)),
  ),
  // A bit is flipped.
  fc.tuple(part, fc.integer({ min: 0, max: 7 })).map<Damage>(([at, bit]) => (bytes) => {
    const place = placeIn(bytes, at);
    const flipped = Buffer.from(bytes);
    if (place < bytes.length) flipped.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place);
    return flipped;
  }),
  fc.tuple(part, fc.constantFrom(...BANNERS), fc.boolean()).map<Damage>(([at, banner, between]) => (bytes) => {
    const place = placeIn(bytes, at);
    return inserted(bytes, between ? lineAt(bytes, place)[0] : place, Buffer.from(banner));
  }),
);

/** A text that was damaged once to three times. */
export const damaged = (text: string): fc.Arbitrary<string> =>
  fc
    .array(damage, { minLength: 1, maxLength: 3 })
    .map((damages) => damages.reduce<Buffer>((bytes, applied) => applied(bytes), Buffer.from(text)).toString("utf8"));

/** What a row says, and about which job. */
export interface Claim {
  readonly base: string;
  readonly mark: string;
  readonly state: string;
  /** All else that the row says. */
  readonly rest: string;
}

/**
 * The wrong claims that the program would believe: those about an existing job, with an end that it has not had. A claim
 * in which only the word for the state differs is not counted: no reader could detect that.
 */
export const lies = (claims: readonly Claim[], truth: readonly Claim[]): readonly Claim[] =>
  claims.filter((claim) => {
    const known = truth.filter(({ base, mark }) => mark !== "" && base === claim.base && mark === claim.mark);
    if (known.length === 0 || meaningOf(claim.state).is !== "ended") return false;
    return !known.some(({ state, rest }) => state === claim.state || rest === claim.rest);
  });

/**
 * The format of a journal: one JSON object per line, each with a checksum over this line and all lines before it. Lines
 * are written in groups that reach the disk together; the last line of a group holds the length of the group.
 */
import { crc32 } from "node:zlib";
import type { Event } from "../events/event.js";
import type { History } from "../history/history.js";

/** The first line of a file. */
export interface Header {
  /** The version of the format. */
  readonly journal: string;
  /** The id of the ensemble, the same in all its files. */
  readonly uid: string;
  /** 1, 2, … */
  readonly segment: number;
  /** The history of all earlier files. (The format keeps its old name for a history.) */
  readonly standing?: History;
}

/** The version of the format: this program reads no other. */
export const JOURNAL = "model-ensembler.journal/1";

export interface Chain {
  /** The checksum of the last line. */
  readonly crc: number;
}

/** Encodes values as one group of lines. */
export const encode = (values: readonly object[], { crc: before }: Chain): Chain & { readonly bytes: Buffer } => {
  let crc = before;
  let length = 0;
  const lines = values.map((value, index) => {
    // Only headers hold maps. For other lines, the replacer would make JSON ten times slower.
    const body = (isHeader(value) ? JSON.stringify(value, mapsAsEntries) : JSON.stringify(value)).slice(0, -1);
    length += Buffer.byteLength(body) + TAIL;
    // The length counts its own digits, so it always has ten of them.
    if (index < values.length - 1) return chained(body);
    return chained(`${body},"group":${String(length + GROUP).padStart(10, " ")}`);
  });
  return { bytes: Buffer.from(lines.join("")), crc };

  function chained(text: string): string {
    crc = crc32(text, crc);
    return `${text}${endOf(crc)}\n`;
  }
};

/** The end of a line with this checksum. */
const endOf = (crc: number): string => `,"crc":"${crc.toString(16).padStart(8, "0")}"}`;

const TAIL = ',"crc":"00000000"}\n'.length;
const GROUP = ',"group":0000000000'.length;
const COMMA = ",".charCodeAt(0);
const G = "g".charCodeAt(0);
const ENDING = /^,"crc":"([0-9a-f]{8})"\}$/;
const GROUP_LENGTH = /,"group": *(\d{1,10})$/;

/** An intact line. */
export interface JournalLine extends Chain {
  /** The offset of the next line. */
  readonly end: number;
  /** If the line ends a group, the length of the group in bytes. */
  readonly group?: number;
  /** The JSON without the checksum and the closing brace. */
  readonly body: Buffer;
}

/** The line at an offset, given the checksum of the line before it. Undefined if it is torn or damaged. */
export const lineAt = (bytes: Buffer, offset: number, before: number): JournalLine | undefined => {
  const stop = bytes.indexOf(10, offset);
  if (stop < 0 || stop - offset < TAIL) return undefined;
  const cut = stop - TAIL + 1;
  const body = bytes.subarray(offset, cut);
  const crc = crc32(body, before);
  if (bytes.toString("latin1", cut, stop) !== endOf(crc)) return undefined;
  // Most lines do not end a group. A regular expression for each of 100,000 lines would take half of the reading time.
  const mayEndGroup = body[body.length - GROUP] === COMMA && body[body.length - GROUP + 2] === G;
  const group = mayEndGroup ? GROUP_LENGTH.exec(body.toString("latin1", body.length - GROUP))?.[1] : undefined;
  return { crc, end: stop + 1, body, ...(group !== undefined && { group: Number(group) }) };
};

/** The checksum, right or wrong, in the line that ends at `end`. The checksum of the next line continues from it. */
export const checksumWritten = (bytes: Buffer, end: number): number | undefined => {
  const written = ENDING.exec(bytes.toString("latin1", Math.max(0, end - TAIL), end - 1))?.[1];
  return written === undefined ? undefined : Number.parseInt(written, 16);
};

/**
 * The length of the group that a line claims to end. The line need not be intact, since its checksum also covers the
 * lines before it, one of which may be damaged.
 */
export const groupEndedBy = (bytes: Buffer, from: number, end: number): number | undefined => {
  const last = bytes.toString("latin1", Math.max(from, end - TAIL - GROUP), end - 1);
  const [, length, ending = ""] = /^(,"group": *\d{1,10})(,"crc":.*)$/.exec(last) ?? [];
  return length !== undefined && ENDING.test(ending) ? Number(GROUP_LENGTH.exec(length)?.[1]) : undefined;
};

/** The value of a line. */
export const valueOf = (line: JournalLine): unknown => {
  const body = line.group === undefined ? line.body : line.body.subarray(0, line.body.length - GROUP);
  const value: unknown = JSON.parse(`${body.toString()}}`);
  return isHeader(value) ? JSON.parse(`${body.toString()}}`, entriesAsMaps) : value;
};

export const isHeader = (value: unknown): value is Header =>
  typeof value === "object" && value !== null && "journal" in value;

export const isEvent = (value: unknown): value is Event =>
  typeof value === "object" && value !== null && "seq" in value && "type" in value;

const mapsAsEntries = (_: string, value: unknown): unknown =>
  value instanceof Map ? { "#map": [...(value as Map<unknown, unknown>)] } : value;

const entriesAsMaps = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "#map" in value
    ? new Map(value["#map"] as [unknown, unknown][])
    : value;

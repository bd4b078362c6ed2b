/** Reading a journal: what holds together, where it stops to, and whether that is a torn end or damage. */
import type { Event } from "../events/event.js";
import { emptyHistory, type History } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { groupEndedBy, type Header, isEvent, isHeader, JOURNAL, type JournalLine, lineAt, valueOf } from "./format.js";
import { upgraded } from "./upgrade.js";

/** A file of a journal, as far as it holds together. */
export interface Scan {
  readonly header: Header;
  /** How many events there are in this file, and the place of the last one in its stream. */
  readonly events: number;
  /** Where the last whole group ends. */
  readonly end: number;
  readonly crc: number;
  /** How many bytes of a torn end come after that. */
  readonly torn: number;
}

export interface Contents extends Scan {
  /** What all its events come to. */
  readonly history: History;
}

/** Why a journal cannot be read. */
export class Damage extends Error {
  constructor(
    readonly offset: number,
    readonly line: number,
    message: string,
  ) {
    super(message);
    this.name = "Damage";
  }
}

/** Reads a file of a journal for what it comes to. Throws as `scanJournal` does. */
export const readJournal = (bytes: Buffer, each: (event: Event) => void = () => undefined): Contents => {
  let history: History | undefined;
  const scan = scanJournal(bytes, (event, header) => {
    history ??= header.standing ?? emptyHistory();
    reduceHistory(history, event);
    each(event);
  });
  return { ...scan, history: history ?? scan.header.standing ?? emptyHistory() };
};

/**
 * `each` sees the events in order, those of whole groups only. Throws `Damage` for a file that does not hold together
 * before its last group: what a crash leaves is a last group that is not whole, and nothing else.
 */
export const scanJournal = (bytes: Buffer, each: (event: Event, header: Header) => void): Scan => {
  let [offset, crc, number] = [0, 0, 0];
  let [end, endCrc, events] = [0, 0, 0];
  let header: Header | undefined;
  let group: Event[] = [];
  while (offset < bytes.length) {
    const line = lineAt(bytes, offset, crc);
    const value = line && parsed(line);
    if (line === undefined || value === undefined) break;
    number += 1;
    if (header === undefined) {
      if (!isHeader(value)) throw new Damage(offset, number, "it does not begin as a journal does");
      demandVersion(value);
      header = value;
    } else if (isEvent(value)) group.push(upgraded(value));
    else throw new Damage(offset, number, "it holds a line that is no event");
    [offset, crc] = [line.end, line.crc];
    if (line.group === undefined) continue;
    for (const event of group) each(event, header);
    events += group.length;
    group = [];
    [end, endCrc] = [offset, crc];
  }
  if (offset < bytes.length && (!couldBeTorn(bytes, offset) || laterGroup(bytes, offset))) {
    throw new Damage(
      offset,
      number + 1,
      `line ${number + 1}, at byte ${offset}, does not hold together, and no crash leaves it so`,
    );
  }
  if (header === undefined || end === 0) throw new Damage(0, 1, "it does not begin as a journal does");
  return { header, events, end, crc: endCrc, torn: bytes.length - end };
};

const parsed = (line: JournalLine): unknown => {
  try {
    return valueOf(line);
  } catch {
    // Its checksum is right, and still it is no JSON: nobody has written that.
    return undefined;
  }
};

/** A crash cuts a line short, or leaves zeros where it was to be written; what came through to its end came through whole. */
const couldBeTorn = (bytes: Buffer, offset: number): boolean => {
  const stop = bytes.indexOf(10, offset);
  return stop < 0 || bytes.subarray(offset, stop).includes(0);
};

/** Whether a group that begins after `offset` was written: then what is at `offset` was whole once. */
const laterGroup = (bytes: Buffer, offset: number): boolean => {
  for (let at = offset; ; ) {
    const end = bytes.indexOf(10, at) + 1;
    if (end === 0) return false;
    const group = groupEndedBy(bytes, at, end);
    if (group !== undefined && end - group > offset) return true;
    at = end;
  }
};

const demandVersion = ({ journal }: Header) => {
  if (journal !== JOURNAL) {
    throw new Damage(0, 1, `it is of the version ${journal}, and this program reads ${JOURNAL}`);
  }
};

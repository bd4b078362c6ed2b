/** The reader of a journal file: reads the intact groups, and tells a torn end from damage. */
import type { Event } from "../events/event.js";
import { emptyHistory, type History } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { groupEndedBy, type Header, isEvent, isHeader, JOURNAL, type JournalLine, lineAt, valueOf } from "./format.js";
import { upgraded } from "./upgrade.js";

/** The intact part of a journal file. */
export interface Scan {
  readonly header: Header;
  /** The number of events in this file. */
  readonly events: number;
  /** The offset at which the last whole group ends. */
  readonly end: number;
  readonly crc: number;
  /** The number of bytes of a torn end, which follow the last whole group. */
  readonly torn: number;
}

export interface Contents extends Scan {
  /** The history after all events. */
  readonly history: History;
}

/** Why a journal cannot be read. */
export class SegmentDamage extends Error {
  constructor(
    readonly offset: number,
    readonly line: number,
    message: string,
  ) {
    super(message);
    this.name = "Damage";
  }
}

/** Reads a journal file into a history. Throws as `scanJournal` does. */
export const readJournal = (bytes: Buffer, each: (event: Event) => void = () => undefined): Contents => {
  let history: History | undefined;
  const scan = scanJournal(bytes, (event, header) => {
    // `standing`: the history of all earlier files.
    history ??= header.standing ?? emptyHistory();
    reduceHistory(history, event);
    each(event);
  });
  return { ...scan, history: history ?? scan.header.standing ?? emptyHistory() };
};

/**
 * Calls `each` with the events of whole groups, in order. Throws `Damage` if a line before the last group is damaged: a
 * crash leaves only the last group incomplete.
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
      if (!isHeader(value)) throw new SegmentDamage(offset, number, "it does not start like a journal");
      demandVersion(value);
      header = value;
    } else if (isEvent(value)) group.push(upgraded(value));
    else throw new SegmentDamage(offset, number, "it holds a line that is not an event");
    [offset, crc] = [line.end, line.crc];
    if (line.group === undefined) continue;
    for (const event of group) each(event, header);
    events += group.length;
    group = [];
    [end, endCrc] = [offset, crc];
  }
  if (offset < bytes.length && (!couldBeTorn(bytes, offset) || laterGroup(bytes, offset))) {
    throw new SegmentDamage(
      offset,
      number + 1,
      `line ${number + 1}, at byte ${offset}, is damaged in a way that no crash explains`,
    );
  }
  if (header === undefined || end === 0) throw new SegmentDamage(0, 1, "it does not start like a journal");
  return { header, events, end, crc: endCrc, torn: bytes.length - end };
};

const parsed = (line: JournalLine): unknown => {
  try {
    return valueOf(line);
  } catch {
    // The checksum is right, but the line is not JSON: this program never wrote it.
    return undefined;
  }
};

/** Whether a crash could leave such a line: one without an end, or with zeros in place of bytes. */
const couldBeTorn = (bytes: Buffer, offset: number): boolean => {
  const stop = bytes.indexOf(10, offset);
  return stop < 0 || bytes.subarray(offset, stop).includes(0);
};

/** Whether a group that starts after `offset` was written. If so, the line at `offset` was once whole. */
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
    throw new SegmentDamage(0, 1, `its version is ${journal}, and this program reads ${JOURNAL}`);
  }
};

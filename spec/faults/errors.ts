/** One journal on a disk that fails: what was committed is durable by then, and all of it is there in the end. */
import { lastValueFrom } from "rxjs";
import type { Event } from "../../lib/events/event.js";
import { segmentPath } from "../../lib/journal/layout.js";
import { type Journal, openJournal, Refusal } from "../../lib/journal/open.js";
import { clearTimers, pass, played } from "./clock.js";
import { type FakeDisk, openDisk } from "./disk.js";
import { type Fault, type Faulty, faulty } from "./faulty.js";
import { type Gate, openGate } from "./gate.js";
import { ownerIn, STATE } from "./life.js";
import { eventsIn } from "./verdict.js";

/** What the program finds: nothing, or what one has left that died as it wrote. */
export type Before = "nothing" | "a torn end";

/**
 * What becomes of the fault: it is `passing`, lifted a while after the journal has stalled; or it `stays` until the
 * program has closed and gone.
 */
export type Course = "passing" | "stays";

export interface Story {
  /** What came out as it must not. */
  readonly wrongs: readonly string[];
  /** The program was not let in. */
  readonly refused: boolean;
  readonly faulty: Faulty;
}

interface Ledger {
  readonly disk: FakeDisk;
  readonly wrongs: string[];
  /** What was appended, in order. */
  appended: Event[];
  /** How many of these were told to be committed. */
  committed: number;
  starts: number;
}

export const onFailingDisk = async (before: Before, fault?: Fault, course: Course = "passing"): Promise<Story> => {
  clearTimers();
  const ledger: Ledger = { disk: openDisk(), wrongs: [], appended: [], committed: 0, starts: 0 };
  if (before === "a torn end") await dieWriting(ledger);
  const gate = openGate();
  const through = faulty(ledger.disk.mount(gate), fault);
  const refused = !(await played(work(ledger, through, course)));
  gate.die();
  clearTimers();
  compare(ledger);
  await pass(1000);
  // Whatever has happened: on a disk that works again, the next program goes on.
  await played(healthy(ledger));
  compare(ledger);
  return { wrongs: ledger.wrongs, refused, faulty: through };
};

const open = (ledger: Ledger, through: Faulty, stalled: () => void): Promise<Journal> => {
  ledger.starts += 1;
  const self = ownerIn("boot-1", ledger.starts);
  return openJournal(STATE, { disk: through.disk, limit: 900, self, stalled, recovered: () => undefined });
};

/** Appends an event; what is told to be committed has to be on disk by then. */
const write = async (ledger: Ledger, journal: Journal): Promise<void> => {
  const { appended, disk, wrongs } = ledger;
  const event = eventOf((appended.at(-1)?.seq ?? -1) + 1);
  appended.push(event);
  const upTo = appended.length;
  journal.append(event);
  await lastValueFrom(journal.commit$(), { defaultValue: undefined });
  ledger.committed = Math.max(ledger.committed, upTo);
  const durable = eventsIn(disk.durable);
  if (durable.length < upTo) wrongs.push(`${upTo} events are committed, and ${durable.length} are durable`);
};

/** Three at a time: while the first is on its way, the others gather. */
const writeAll = async (ledger: Ledger, journal: Journal, rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([write(ledger, journal), write(ledger, journal), write(ledger, journal)]);
  }
};

/** False if it was refused. */
const work = async (ledger: Ledger, through: Faulty, course: Course): Promise<boolean> => {
  let stall: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    stall = resolve;
  });
  try {
    const journal = await open(ledger, through, stall);
    if (course === "passing") void stalled.then(() => setTimeout(() => through.lift(), LIFTED_MS));
    const writing = writeAll(ledger, journal, 4);
    // Nobody waits any more for what cannot be committed.
    if (course === "stays") await Promise.race([writing, stalled]).catch(() => undefined);
    else await writing;
    await journal.close().catch((error: unknown) => {
      if (course === "passing" && !through.met()) ledger.wrongs.push(`it could not be closed: ${String(error)}`);
    });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) ledger.wrongs.push(`it failed: ${String(error)}`);
    else if (error.fact.because !== "unusable") ledger.wrongs.push(error.message);
    return false;
  } finally {
    through.lift();
  }
};

const LIFTED_MS = 12_000;

/** It holds what was appended, in order, and at least what was committed. */
const compare = (ledger: Ledger) => {
  const { disk, wrongs, appended, committed } = ledger;
  const kept = eventsIn(disk.now).map(({ seq }) => seq);
  const all = appended.map(({ seq }) => seq);
  if (kept.length < committed || String(kept) !== String(all.slice(0, kept.length))) {
    wrongs.push(`it holds ${String(kept)} of ${String(all)}, of which ${committed} were committed`);
  }
  ledger.appended = appended.slice(0, kept.length);
};

const healthy = async (ledger: Ledger): Promise<void> => {
  const through = faulty(ledger.disk.mount(openGate()));
  try {
    const journal = await open(ledger, through, () => void ledger.wrongs.push("a disk that works has stalled"));
    const told = ledger.appended.length;
    await writeAll(ledger, journal, 1);
    await journal.close();
    const kept = eventsIn(ledger.disk.now).length;
    if (kept !== told + 3) ledger.wrongs.push(`in the end it holds ${kept} events, and not ${told + 3}`);
  } catch (error) {
    ledger.wrongs.push(`on a disk that works: ${String(error)}`);
  }
};

/** A program that has written three events, and dies in the middle of the next. */
const dieWriting = async (ledger: Ledger): Promise<void> => {
  const gate: Gate = openGate();
  const journal = await open(ledger, faulty(ledger.disk.mount(gate)), () => undefined);
  await writeAll(ledger, journal, 1);
  gate.die();
  clearTimers();
  const file = await ledger.disk.mount(openGate()).open(segmentPath(STATE, 1), "existing");
  await file.write(Buffer.from('{"seq":3,"time":"2026'), 0, ledger.disk.now.read(segmentPath(STATE, 1)).length);
};

const eventOf = (seq: number): Event => ({
  ...{ seq, time: new Date().toISOString() },
  ...{ type: "task.waiting", message: `${seq}`.repeat(40), task: "pre_process[0]", name: "check" },
});

/** A journal on a failing disk: committed events are durable at once, and in the end the journal has all events. */
import { lastValueFrom } from "rxjs";
import type { Event } from "../../lib/events/event.js";
import { segmentPath } from "../../lib/journal/layout.js";
import { type Journal, openJournal, Refusal } from "../../lib/journal/open.js";
import { clearTimers, pass, untilSettled } from "./clock.js";
import { type FakeDisk, openDisk } from "./disk.js";
import { type Fault, type Faulty, faulty } from "./faulty.js";
import { type Gate, openGate } from "./gate.js";
import { ownerIn, STATE } from "./life.js";
import { eventsIn } from "./verdict.js";

/** What the program finds: no journal, or a journal with the torn end that a dying program left. */
export type Before = "nothing" | "a torn end";

/**
 * How long the fault lasts. `passing`: it is lifted some time after the journal has stalled. `stays`: it lasts until the
 * program has closed the journal.
 */
export type Course = "passing" | "stays";

export interface Story {
  /** What happened but must not happen. */
  readonly violations: readonly string[];
  /** Whether the program refused to start. */
  readonly refused: boolean;
  readonly faulty: Faulty;
}

interface Ledger {
  readonly disk: FakeDisk;
  readonly violations: string[];
  /** The appended events, in order. */
  appended: Event[];
  /** How many appended events were reported as committed. */
  committed: number;
  starts: number;
}

export const onFailingDisk = async (before: Before, fault?: Fault, course: Course = "passing"): Promise<Story> => {
  clearTimers();
  const ledger: Ledger = { disk: openDisk(), violations: [], appended: [], committed: 0, starts: 0 };
  if (before === "a torn end") await dieWriting(ledger);
  const gate = openGate();
  const through = faulty(ledger.disk.mount(gate), fault);
  const refused = !(await untilSettled(work(ledger, through, course)));
  gate.die();
  clearTimers();
  compare(ledger);
  await pass(1000);
  // The next program always resumes on a disk that works again.
  await untilSettled(healthy(ledger));
  compare(ledger);
  return { violations: ledger.violations, refused, faulty: through };
};

const open = (ledger: Ledger, through: Faulty, stalled: () => void): Promise<Journal> => {
  ledger.starts += 1;
  const self = ownerIn("boot-1", ledger.starts);
  return openJournal(STATE, { disk: through.disk, limit: 900, self, stalled, recovered: () => undefined });
};

/** Appends an event and commits it. After the commit, the event has to be durable. */
const write = async (ledger: Ledger, journal: Journal): Promise<void> => {
  const { appended, disk, violations } = ledger;
  const event = eventOf((appended.at(-1)?.seq ?? -1) + 1);
  appended.push(event);
  const upTo = appended.length;
  journal.append(event);
  await lastValueFrom(journal.commit$(), { defaultValue: undefined });
  ledger.committed = Math.max(ledger.committed, upTo);
  const durable = eventsIn(disk.durable);
  if (durable.length < upTo) violations.push(`${upTo} events are committed, and ${durable.length} are durable`);
};

/** Writes three events at a time: the writer gathers the other two while it writes the first. */
const writeAll = async (ledger: Ledger, journal: Journal, rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([write(ledger, journal), write(ledger, journal), write(ledger, journal)]);
  }
};

/** False if the program refused to start. */
const work = async (ledger: Ledger, through: Faulty, course: Course): Promise<boolean> => {
  let stall: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => {
    stall = resolve;
  });
  try {
    const journal = await open(ledger, through, stall);
    if (course === "passing") void stalled.then(() => setTimeout(() => through.lift(), LIFTED_MS));
    const writing = writeAll(ledger, journal, 4);
    // A commit cannot succeed while the fault stays, so it is not waited for.
    if (course === "stays") await Promise.race([writing, stalled]).catch(() => undefined);
    else await writing;
    await journal.close().catch((error: unknown) => {
      if (course === "passing" && !through.met())
        ledger.violations.push(`the journal could not be closed: ${String(error)}`);
    });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) ledger.violations.push(`the journal failed: ${String(error)}`);
    else if (error.fact.because !== "unusable") ledger.violations.push(error.message);
    return false;
  } finally {
    through.lift();
  }
};

const LIFTED_MS = 12_000;

/** The journal holds the appended events in order, and at least the committed ones. */
const compare = (ledger: Ledger) => {
  const { disk, violations, appended, committed } = ledger;
  const kept = eventsIn(disk.now).map(({ seq }) => seq);
  const all = appended.map(({ seq }) => seq);
  if (kept.length < committed || String(kept) !== String(all.slice(0, kept.length))) {
    violations.push(`the journal holds ${String(kept)} of ${String(all)}, of which ${committed} were committed`);
  }
  ledger.appended = appended.slice(0, kept.length);
};

const healthy = async (ledger: Ledger): Promise<void> => {
  const through = faulty(ledger.disk.mount(openGate()));
  try {
    const journal = await open(
      ledger,
      through,
      () => void ledger.violations.push("the journal stalled on a disk that works"),
    );
    const before = ledger.appended.length;
    await writeAll(ledger, journal, 1);
    await journal.close();
    const kept = eventsIn(ledger.disk.now).length;
    if (kept !== before + 3) ledger.violations.push(`in the end the journal holds ${kept} events, not ${before + 3}`);
  } catch (error) {
    ledger.violations.push(`on a disk that works: ${String(error)}`);
  }
};

/** A program that writes three events and dies in the middle of the fourth. */
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

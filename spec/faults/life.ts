/** A life of the program in a simulated world, which lasts until the ensemble is finished or the program dies. */
import { concat, map, type Observable, of, type Subscription } from "rxjs";
import { type EnsemblePlace, EVENT_SCHEMA, type Event, type Fact } from "../../lib/events/event.js";
import type { BatchLocks } from "../../lib/journal/batch-locks.js";
import type { Disk } from "../../lib/journal/disk.js";
import type { Owner } from "../../lib/journal/lock.js";
import { openRecorder } from "../../lib/journal/recorder.js";
import { stamp } from "../../lib/operators/stamp.js";
import type { Ensemble } from "../../lib/plan/plan.js";
import { ensemble$ } from "../../lib/stream/ensemble.js";
import { type Journaling, journaled$, type Resumed } from "../../lib/wiring/journaled.js";
import { type RunOptions, startOf } from "../../lib/wiring/options.js";
import { neverStop, settingsOf } from "../support/virtual.js";
import { clearTimers, passUntil } from "./clock.js";
import { type FakeDisk, openDisk } from "./disk.js";
import { claimsIn, effectsIn, type JobLocation } from "./effects.js";
import { type Death, type Gate, openGate } from "./gate.js";
import { openWorld, type World } from "./world.js";

/** A world with its disk, and the number of programs started in it. */
export interface Stage {
  readonly world: World;
  readonly disk: FakeDisk;
  readonly where: JobLocation;
  /** The length after which the next journal file starts. */
  readonly limit?: number;
  starts: number;
}

export const openStage = (over: { readonly where?: JobLocation; readonly limit?: number } = {}): Stage => {
  clearTimers();
  return { world: openWorld(), disk: openDisk(), where: "here", starts: 0, ...over };
};

export interface Starting {
  readonly plan: Ensemble;
  readonly death?: Death;
  readonly options?: RunOptions;
  /** Wraps the disk of the program. */
  readonly through?: (disk: Disk) => Disk;
}

export interface Life {
  readonly gate: Gate;
  readonly events: readonly Event[];
  /** Whether the program's stream has ended. */
  ended(): boolean;
  /** The error of the program's stream, which is a bug. */
  readonly error: () => unknown;
  readonly playing: Subscription;
}

export const STATE = "/state";

const placeIn = ({ directory }: Ensemble): EnsemblePlace => ({
  ...{ host: "h", directory, directory_id: "", state: STATE, state_inode: "", links: [] },
});

/** In a simulated world there is one ensemble. */
const NO_LOCKS: BatchLocks = { hold: () => Promise.resolve(), release: () => Promise.resolve() };

/** Starts the program. Its stream stays subscribed after its death, since a killed process cleans up nothing. */
export const start = (stage: Stage, { plan, death, options = {}, through = (disk) => disk }: Starting): Life => {
  const { world, disk, where, limit } = stage;
  stage.starts += 1;
  const gate = openGate(death);
  const claims = claimsIn(world, gate);
  const effects = effectsIn(world, gate, claims, where);
  const settings = settingsOf({ check_timeout: 0.05 });
  const recorder = openRecorder();
  const asked: Journaling = {
    ...{ plan, recorder },
    start: startOf({ ...settings, ...options, state: STATE, backend: effects.backend }),
    templates: { digest: () => Promise.resolve("") },
    instead: {
      ...{ disk: through(disk.mount(gate)), self: ownerIn(world.boot(), stage.starts), claims },
      ...{ locks: NO_LOCKS, placeOf: (its) => Promise.resolve(placeIn(its)) },
      ...(limit !== undefined && { limit }),
    },
  };
  const stage$ = (as: Resumed): Observable<Fact> =>
    ensemble$({ ...as, settings, effects: { ...effects, commit$: () => as.commit$() }, stop: neverStop });
  const events: Event[] = [];
  let [ended, error]: [boolean, unknown] = [false, undefined];
  const playing = concat(opened$(world), journaled$(asked, stage$))
    .pipe(
      stamp(),
      recorder.recorded,
      map((event) => void events.push(event)),
    )
    .subscribe({
      error: (thrown: unknown) => {
        [ended, error] = [true, thrown];
      },
      complete: () => {
        ended = true;
      },
    });
  return { gate, events, ended: () => ended, error: () => error, playing };
};

const opened$ = (world: World): Observable<Fact> =>
  of<Fact>({
    ...{ type: "stream.opened", schema: EVENT_SCHEMA, version: "0.0.0" },
    ...{ host: "h", boot: world.boot(), pid: 1, directory: "/start" },
  });

/** Higher than any process id on Linux. */
const NO_PROCESS = 2 ** 22;

/** A lock owner that counts as dead for the next program, since no such process exists. */
export const ownerIn = (boot: string, starts: number): Owner => ({
  nonce: String(starts),
  host: "h",
  pid: NO_PROCESS + starts,
  ticks: "1",
  boot,
  space: "s",
  since: new Date().toISOString(),
});

/** Lets time pass until the program has ended or died. */
export const untilOver = async (life: Life): Promise<Life> => {
  await passUntil(
    () => life.ended() || life.gate.dead(),
    () => `the program does not end; its last events: ${JSON.stringify(life.events.slice(-3))}`,
  );
  return life;
};

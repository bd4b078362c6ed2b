/** A story with crashes: at each crash the program dies, and it is started again until the ensemble is finished. */
import { pass } from "./clock.js";
import type { Loss } from "./disk.js";
import type { Death } from "./gate.js";
import { type Life, openStage, type Stage, start, untilOver } from "./life.js";
import type { Reference } from "./plans.js";
import { differences, type Outcome, outcomeOf } from "./verdict.js";

export interface Crash extends Death {
  readonly loss: Loss;
  /** The time until the program is started again. */
  readonly down_ms: number;
  /** Present if the machine crashes too. `alone`: the traces of its commands survive. */
  readonly machineCrash?: "alone" | "with its traces";
}

/** Plays a plan through crashes, one for each start, and then to the end. */
export const story = async (reference: Reference, crashes: readonly Crash[]): Promise<Story> => {
  try {
    return await playedThrough(reference, crashes);
  } catch (error) {
    throw new Error(JSON.stringify(crashes), { cause: error });
  }
};

const playedThrough = async ({ plan, ...over }: Reference, crashes: readonly Crash[]): Promise<Story> => {
  const stage = openStage(over);
  for (const crash of crashes) {
    const life = await untilOver(start(stage, { plan, death: crash }));
    if (!life.gate.dead()) break;
    await recover(stage, crash);
  }
  let last = await untilOver(start(stage, { plan }));
  // A task in doubt fails its batch or the ensemble. The user sees the failure and starts the program again.
  for (let again = 0; again < 3 && stage.world.unknown.size > 0; again += 1)
    last = await untilOver(start(stage, { plan }));
  const violations: string[] = last.error() === undefined ? [] : [`the stream failed: ${String(last.error())}`];
  const outcome = outcomeOf(stage, last, violations);
  return { stage, last, outcome, violations };
};

export interface Story {
  readonly stage: Stage;
  readonly last: Life;
  readonly outcome: Outcome;
  readonly violations: readonly string[];
}

export const recover = async ({ world, disk }: Stage, { loss, down_ms, machineCrash }: Omit<Crash, keyof Death>) => {
  if (machineCrash === undefined) world.removeProgram();
  else world.crash(machineCrash === "with its traces");
  disk.crash(loss);
  await pass(down_ms);
};

/** What is wrong with a story, in words; empty if the story ended like the reference. */
export const violationsIn = ({ stage, outcome, violations }: Story, reference: Outcome): readonly string[] => [
  ...violations,
  ...differences(stage, outcome, reference),
];

/** The ways to die at one step. At a step that only reports to the program, and so changes nothing, `before` suffices. */
export const deathsAt = (step: string, at: number): readonly Crash[] => {
  const before: readonly Crash[] = [
    { at, when: "before", loss: "nothing", down_ms: 1 },
    { at, when: "before", loss: "torn", down_ms: 3000 },
    { at, when: "before", loss: "unsynced", down_ms: 1, machineCrash: "with its traces" },
  ];
  if (/^(report|receipt|prepared) /.test(step)) return before;
  return [
    ...before,
    { at, when: "after", loss: "unsynced", down_ms: 1 },
    { at, when: "after", loss: "nothing", down_ms: 3000 },
    { at, when: "after", loss: "zeros", down_ms: 1000, machineCrash: "with its traces" },
    ...(/^(write|start|submit)/.test(step)
      ? ([
          { at, when: "half", loss: "nothing", down_ms: 1 },
          { at, when: "half", loss: "zeros", down_ms: 1000 },
        ] as const)
      : []),
  ];
};

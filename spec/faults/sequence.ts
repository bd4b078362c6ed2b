/** A random sequence: plays a list of commands, finishes the ensemble, and judges the result. */
import type { EnsembleFinished } from "../../lib/events/event.js";
import { pass, passUntil, settled } from "./clock.js";
import { type Crash, recover } from "./crash.js";
import type { JobLocation } from "./effects.js";
import { filling } from "./faulty.js";
import { type Life, openStage, type Stage, start, untilOver } from "./life.js";
import { type Command, type Draft, edited, planOfDraft } from "./model.js";
import { isOfBatch, outcomeOf, repeated } from "./verdict.js";

/** Returns what is wrong at the end; empty if nothing is. */
export const sequence = async (
  draft: Draft,
  where: JobLocation,
  commands: readonly Command[],
): Promise<readonly string[]> => {
  const stage = openStage({ where, limit: 3000 });
  const violations: string[] = [];
  let [now, full, edits] = [draft, false, 0];
  let life: Life | undefined;

  const starting = (accept: boolean): Life =>
    start(stage, {
      plan: planOfDraft(now),
      options: { acceptChanges: accept },
      through: (disk) => filling(disk, () => full),
    });
  const checkStream = (ended: Life): void => {
    if (ended.error() !== undefined) violations.push(`the stream failed: ${String(ended.error())}`);
  };
  const end = async (crash: Omit<Crash, "at" | "when">) => {
    life?.gate.die();
    life = undefined;
    await recover(stage, crash);
  };

  for (const command of commands) {
    if (life?.ended() === true) {
      checkStream(life);
      life = undefined;
    }
    switch (command.do) {
      case "start":
        life ??= starting(command.accept);
        await settled();
        break;
      case "kill": {
        if (life === undefined) break;
        const living = life;
        const { gate } = living;
        const until = gate.steps.length + command.steps;
        const wait = { over: false };
        setTimeout(() => {
          wait.over = true;
        }, 5000);
        await passUntil(
          () => living.ended() || wait.over || gate.steps.length >= until,
          () => "the program cannot be killed",
        );
        await end({ loss: "nothing", down_ms: 1 });
        break;
      }
      case "crash":
        await end({ loss: command.loss, down_ms: 1, machineCrash: command.lost ? "with its traces" : "alone" });
        break;
      case "tick":
        await pass(command.ms);
        break;
      case "full":
      case "free":
        full = command.do === "full";
        break;
      default:
        edits += 1;
        now = edited(now, command, 100 + edits);
    }
  }
  full = false;
  if (life !== undefined) checkStream(await untilOver(life));
  return [...violations, ...(await finished(stage, () => starting(true), edits))];
};

/** Starts the program until the ensemble is finished. */
const finished = async (stage: Stage, starting: () => Life, edits: number): Promise<readonly string[]> => {
  let last = await untilOver(starting());
  const undone = () => ((last.events.at(-1) as Partial<EnsembleFinished> | undefined)?.interrupted ?? 1) > 0;
  for (let again = 0; again < 4 && undone(); again += 1) last = await untilOver(starting());
  const violations = [...stage.world.violations];
  const outcome = outcomeOf(stage, last, violations);
  const { unknown } = stage.world;
  // A batch's task in doubt blocks everything after it.
  if (undone() && ![...unknown].some(isOfBatch)) violations.push(`the ensemble is not finished: ${outcome.counts}`);
  for (const [key, end] of outcome.runs) {
    const doubtful = [...unknown].some((claim) => claim.includes(`.${key}.`));
    if (!doubtful && (end === "interrupted" || end === "job:lost" || end === "not_started" || end === "directory")) {
      violations.push(`${key} is ${end}, although nothing about it is in doubt`);
    }
  }
  // Added runs cause the tasks after the runs to be done again.
  return [
    ...violations,
    ...repeated(outcome, unknown).filter((text) => edits === 0 || !/^(\S+\.)?post_(batch|process)/.test(text)),
  ];
};

/** Plays a row of commands, then whatever is needed for the ensemble to be finished, and looks at what came of it. */
import type { EnsembleFinished } from "../../lib/events/event.js";
import { pass, passUntil, settled } from "./clock.js";
import { type Crash, recover } from "./crash.js";
import type { Where } from "./effects.js";
import { filling } from "./faulty.js";
import { type Life, live, openStage, type Stage, start } from "./life.js";
import { type Command, type Draft, edited, planOfDraft } from "./model.js";
import { isOfBatch, outcomeOf, repeated } from "./verdict.js";

/** What is wrong with it in the end; nothing, if all is as it should be. */
export const sequence = async (
  draft: Draft,
  where: Where,
  commands: readonly Command[],
): Promise<readonly string[]> => {
  const stage = openStage({ where, limit: 3000 });
  const wrongs: string[] = [];
  let [now, full, edits] = [draft, false, 0];
  let life: Life | undefined;

  const starting = (accept: boolean): Life =>
    start(stage, {
      plan: planOfDraft(now),
      options: { acceptChanges: accept },
      through: (disk) => filling(disk, () => full),
    });
  const looked = (one: Life): void => {
    if (one.error() !== undefined) wrongs.push(`the stream failed: ${String(one.error())}`);
  };
  const end = async (how: Omit<Crash, "at" | "when">) => {
    life?.gate.die();
    life = undefined;
    await recover(stage, how);
  };

  for (const command of commands) {
    if (life?.ended() === true) {
      looked(life);
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
          () => "it cannot be killed",
        );
        await end({ loss: "nothing", down_ms: 1 });
        break;
      }
      case "fall":
        await end({ loss: command.loss, down_ms: 1, falls: command.lost ? "with its traces" : "alone" });
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
  if (life !== undefined) looked(await live(life));
  return [...wrongs, ...(await finished(stage, () => starting(true), edits))];
};

/** Starts it until there is nothing left to do. */
const finished = async (stage: Stage, starting: () => Life, edits: number): Promise<readonly string[]> => {
  let last = await live(starting());
  const undone = () => ((last.told.at(-1) as Partial<EnsembleFinished> | undefined)?.interrupted ?? 1) > 0;
  for (let again = 0; again < 4 && undone(); again += 1) last = await live(starting());
  const wrongs = [...stage.world.wrongs];
  const outcome = outcomeOf(stage, last, wrongs);
  const { unknown } = stage.world;
  // What nobody knows of a batch's own tasks holds up all that comes after it.
  if (undone() && ![...unknown].some(isOfBatch)) wrongs.push(`something is left undone: ${outcome.counts}`);
  for (const [key, how] of outcome.runs) {
    const doubtful = [...unknown].some((claim) => claim.includes(`.${key}.`));
    if (!doubtful && (how === "interrupted" || how === "job:lost" || how === "not_started" || how === "directory")) {
      wrongs.push(`${key} is ${how}, and all is known of it`);
    }
  }
  // What comes after runs comes again after more of them.
  return [
    ...wrongs,
    ...repeated(outcome, unknown).filter((text) => edits === 0 || !/^(\S+\.)?post_(batch|process)/.test(text)),
  ];
};

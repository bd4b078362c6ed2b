/** Does what was asked for, and sees to it that the program ends well: status, output, and word of mistakes of ours. */

import type { Order } from "./arguments/request.js";
import { EXIT } from "./exit-status.js";
import { finishOutput, tellPeople, watchOutput } from "./output.js";
import { reportBug } from "./report-bug.js";

/** The commands are loaded when they are asked for: help should not wait for them. */
export const perform = async (order: Order, background = false): Promise<void> => {
  watchOutput();
  process.on("uncaughtException", (error) => {
    reportBug(error, order);
    process.exit(EXIT.bug);
  });
  try {
    const status = await dispatch(order, background);
    const complete = await finishOutput();
    process.exitCode = !complete && status === EXIT.ok ? EXIT.storage : status;
    // What nobody reads would keep the program from ending.
    if (!complete) process.exit();
  } catch (error) {
    reportBug(error, order);
    process.exitCode = EXIT.bug;
  }
};

const dispatch = async (order: Order, background: boolean): Promise<number> => {
  if ("configuration" in order && !standsSomewhere()) {
    tellPeople("error: the directory in which this was started is gone: change to one that is there\n");
    return EXIT.refused;
  }
  switch (order.command) {
    case "answer":
      if (order.status === EXIT.ok) process.stdout.write(order.text);
      else tellPeople(order.text);
      return order.status;
    case "run":
      return (await import("./commands/run.js")).run(order, background);
    case "validate":
      return (await import("./commands/validate.js")).validate(order);
    case "plan":
      return (await import("./commands/plan.js")).plan(order);
    case "check":
      return (await import("./commands/check.js")).check(order);
    case "status":
      return (await import("./commands/status.js")).status(order);
    case "replay":
      return (await import("./commands/replay.js")).replay(order);
    case "journal":
      return (await import("./commands/journal.js")).journal(order);
    case "cancel":
      return (await import("./commands/cancel.js")).cancel(order);
  }
};

/** Relative paths mean nothing in a directory that was removed while a shell stood in it. */
const standsSomewhere = (): boolean => {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
};

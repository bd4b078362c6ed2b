/** A process that competes for the lock. `lock.spec.ts` builds this program and starts it many times at once. */
import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { disk } from "../../lib/journal/disk.js";
import { acquire, Locked } from "../../lib/journal/lock.js";

const [place = "", record = "", rounds = ""] = process.argv.slice(2);

/** Appends a line in one write, so that lines of several processes do not mix. */
const note = (round: number, step: string) =>
  appendFileSync(record, `${round} ${step} ${process.pid} ${process.hrtime.bigint()}\n`);

for (let round = 0; round < Number(rounds); round += 1) {
  note(round, "ready");
  // All wait for this file, so that they try at the same moment.
  while (!existsSync(join(place, `go-${round}`))) await after(1);
  try {
    const lock = await acquire({ disk, directory: join(place, String(round)) });
    note(round, "begin");
    await after(20 + Math.random() * 20);
    await lock.fence();
    note(round, "end");
    await lock.release();
  } catch (error) {
    note(round, error instanceof Locked ? "locked" : `wrong:${String(error).replaceAll(" ", "_")}`);
  }
  note(round, "over");
}

/** `check`: holds when a command ends with exit status 0. */
import { map, type Observable } from "rxjs";
import type { Look, Place } from "../effects.js";
import { explain } from "../failure.js";
import { type CommandWords, command, demand } from "./command.js";
import type { Tools } from "./tools.js";

/** With `fail: true`, a check that does not hold fails at once. */
export const check = (
  tools: Tools,
  words: CommandWords & { readonly fail?: unknown },
  place: Place,
): Observable<Look> =>
  command(tools, words, place).pipe(
    map((ended): Look => {
      if (words.fail === true) demand("check", ended);
      return ended.status === 0 ? { holds: true } : { holds: false, because: explain({ reason: "command", ...ended }) };
    }),
  );

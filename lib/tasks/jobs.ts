/** `jobs`: holds while there are few enough jobs in the scheduler. */
import { defer, map, type Observable } from "rxjs";
import type { CheckResult } from "../effects/effects.js";
import { type Arguments, demandText, integerIn } from "./argument.js";
import type { Tools } from "./tools.js";

/** Counts the jobs whose names start with `match`; an empty `match` counts all. */
export const jobs = ({ backend }: Tools, args: Arguments): Observable<CheckResult> =>
  defer(() => {
    const limit = integerIn(args, "limit");
    const match = args.match === "" ? "" : demandText("match", args.match);
    return backend.count$(match).pipe(
      map((count): CheckResult => {
        if (count < limit) return { holds: true };
        const are = count === 1 ? "1 job is" : `${count} jobs are`;
        return { holds: false, message: `${are} in the scheduler; the check waits for fewer than ${limit}` };
      }),
    );
  });

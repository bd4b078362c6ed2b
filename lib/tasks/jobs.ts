/** `jobs`: holds while there are few enough jobs in the scheduler. */
import { defer, map, type Observable } from "rxjs";
import type { CheckResult } from "../effects/effects.js";
import { type Arguments, wholeIn, wordOf } from "./argument.js";
import type { Tools } from "./tools.js";

/** Fewer than `limit` of those whose names start with `match`; all names start with an empty one. */
export const jobs = ({ backend }: Tools, args: Arguments): Observable<CheckResult> =>
  defer(() => {
    const limit = wholeIn(args, "limit");
    const match = args.match === "" ? "" : wordOf("match", args.match);
    return backend.count$(match).pipe(
      map((count): CheckResult => {
        if (count < limit) return { holds: true };
        const are = count === 1 ? "1 job is" : `${count} jobs are`;
        return { holds: false, message: `${are} in the scheduler, and there have to be fewer than ${limit}` };
      }),
    );
  });

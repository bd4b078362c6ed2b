/** What a site is asked once: its time limits, how long it shows ended jobs, whether it keeps accounts. */
import { catchError, defer, map, type Observable, of, share } from "rxjs";
import type { ExecResult } from "../../system/processes/exec.js";
import type { Site } from "../answers.js";
import type { Dialect } from "../dialect.js";

/**
 * Asks when the answer is needed, again until the site has answered once. Until then the dialect's defaults hold: the
 * answer is needed most where the scheduler is in trouble.
 */
export const openSite = (
  dialect: Dialect,
  run: (words: readonly string[]) => Observable<ExecResult>,
): Observable<Site> => {
  let known: Site | undefined;
  const asked$ = defer(() => run(dialect.siteArguments)).pipe(
    map(({ status, stdout }) => (status === 0 ? (known = dialect.site(stdout)) : dialect.siteDefaults)),
    catchError(() => of(dialect.siteDefaults)),
    share(),
  );
  return defer(() => (known === undefined ? asked$ : of(known)));
};

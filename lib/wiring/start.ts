/** Reads and runs: hands the stream its effects. */
import { concat, concatMap, defer, EMPTY, from, type Observable, of } from "rxjs";
import { backendMissing, backendName } from "../backends/registry.js";
import { isProblem } from "../diagnostics/diagnostic.js";
import type { Fact } from "../events/event.js";
import { emptyHistory } from "../history/history.js";
import { hasJournal } from "../journal/open.js";
import type { Recorder } from "../journal/recorder.js";
import type { Ensemble } from "../plan/plan.js";
import type { Settings } from "../plan/settings.js";
import { openTemplates, type Templates } from "../templates/templates.js";
import { stageOf } from "./effects.js";
import { type Examination, examineEnsemble } from "./examine.js";
import { journaled$, type Resumed } from "./journaled.js";
import type { RunOptions } from "./options.js";
import { type ReadOptions } from "./options.js";

type Recording = Recorder | undefined;

/** A plan, from `ensemble.started` to `ensemble.finished`. */
export const planned$ = (
  plan: Ensemble,
  options: RunOptions,
  settings: Settings,
  recorder: Recording,
): Observable<Fact> => defer(() => play$(plan, options, settings, openTemplates(settings), recorder));

/** A configuration: what is odd in it, and its plan; or why it is refused. */
export const configured$ = (
  file: string,
  options: ReadOptions & RunOptions,
  settings: Settings,
  recorder: Recording,
): Observable<Fact> =>
  defer(() => {
    const templates = openTemplates(settings);
    return from(looked(file, options, templates)).pipe(
      concatMap(({ plan, diagnostics: all }: Examination): Observable<Fact> => {
        const diagnostics = all.filter(isProblem);
        const missing = backendMissing(file, options);
        if (plan === undefined || missing.length > 0) {
          const refused = [...missing, ...diagnostics];
          return of({ type: "configuration.refused", configuration: file, diagnostics: refused });
        }
        return concat(
          from(diagnostics.length > 0 ? [{ type: "configuration.warned" as const, diagnostics }] : []),
          play$(plan, options, settings, templates, recorder),
        );
      }),
    );
  });

const looked = async (file: string, options: ReadOptions & RunOptions, templates: Templates): Promise<Examination> => {
  const { plan, diagnostics } = await examineEnsemble(file, options, templates);
  const begun = options.state !== undefined && !options.fresh && (await hasJournal(options.state));
  const beside = new Set([
    // An ensemble that is gone on with has made them itself.
    ...(begun ? ["run-directory-exists"] : []),
    // Others read the file, and execute what they make of it.
    ...(backendName(options) === "dummy" ? [] : ["job-file-not-executable"]),
  ]);
  const told = diagnostics.filter(({ code }) => !beside.has(code));
  return { diagnostics: told, ...(plan !== undefined && { plan }) };
};

const play$ = (
  plan: Ensemble,
  options: RunOptions,
  settings: Settings,
  templates: Templates,
  recorder: Recording,
): Observable<Fact> => {
  const { state } = options;
  const stage$ = (past: Resumed) => stageOf(options, settings, templates, past);
  if (recorder === undefined || state === undefined)
    return stage$({ plan, past: emptyHistory(), commit$: () => EMPTY });
  const asked = { plan, settings, options, directory: state, recorder, backend: backendName(options) };
  return journaled$({ ...asked, templates: templates.digest }, stage$);
};

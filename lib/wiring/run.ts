/** The steps of a start: read the configuration, open the journal, open the effects, run the stream. Start reading here. */
import { concat, concatMap, defer, EMPTY, from, type Observable, of } from "rxjs";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Fact } from "../events/event.js";
import type { Recorder } from "../journal/recorder.js";
import type { Ensemble } from "../plan/plan.js";
import { ensemble$ } from "../stream/ensemble.js";
import { occupiedDestinations } from "../tasks/move/occupied.js";
import { openTemplates } from "../templates/templates.js";
import { withEffects$ } from "./effects.js";
import { examineForRun } from "./examine.js";
import { journaled$ } from "./journaled.js";
import type { Launch, Start } from "./options.js";

/** Runs a configuration: emits its warnings and then the events of its plan, or why the configuration is refused. */
export const configured$ = (file: string, start: Start, recorder: Recorder | undefined): Observable<Fact> =>
  defer(() => {
    const templates = openTemplates(start.settings);
    return from(examineForRun(file, start, templates)).pipe(
      concatMap(({ plan, diagnostics }) =>
        plan === undefined
          ? of<Fact>({ type: "configuration.refused", configuration: file, diagnostics })
          : concat(warned$(diagnostics), launched$({ plan, start, templates, recorder })),
      ),
    );
  });

/** Runs a plan, from `ensemble.started` to `ensemble.finished`. */
export const planned$ = (plan: Ensemble, start: Start, recorder: Recorder | undefined): Observable<Fact> =>
  defer(() => launched$({ plan, start, templates: openTemplates(start.settings), recorder }));

/** The journal holds what is done already, the stream does the rest in order, and the effects act on the world. */
const launched$ = (launch: Launch): Observable<Fact> =>
  journaled$(launch, (resumed) =>
    withEffects$(launch, resumed, (effects) => {
      const { settings, stop } = launch.start;
      const { plan, past, place } = resumed;
      const ensemble = ensemble$({ plan, past, settings, stop, effects, ...(place !== undefined && { place }) });
      return concat(past.starts === 0 ? occupied$(plan) : EMPTY, ensemble);
    }),
  );

/** Warns of old files at the destinations of a new ensemble. Those of a resumed one are its own. */
const occupied$ = (plan: Ensemble): Observable<Fact> =>
  defer(() => occupiedDestinations(plan)).pipe(
    concatMap(([first, ...others]) => {
      if (first === undefined) return EMPTY;
      const more = others.length === 0 ? "" : ` (and ${others.length} more destinations do)`;
      const message = `${first} holds files already${more}: \`move\` adds the new files, and what they do not replace stays`;
      return warned$([{ severity: "warning", code: "destination-occupied", message, file: plan.configuration }]);
    }),
  );

const warned$ = (diagnostics: readonly Diagnostic[]): Observable<Fact> =>
  diagnostics.length > 0 ? of<Fact>({ type: "configuration.warned", diagnostics }) : EMPTY;

/** Renders the templates of every run in memory, and so finds a mistake in run 1,999 before run 0 starts. */
import { setImmediate } from "node:timers/promises";
import { type Batch, type Run, variablesOf } from "../../plan/plan.js";
import type { Variables } from "../../plan/values.js";
import type { Compiled } from "../compiled.js";
import { TemplateError } from "../engine.js";
import { undefinedMessage } from "../undefined.js";
import { nodePlace } from "./excerpt.js";
import type { SurveyFinding } from "./finding.js";
import { neverDefined } from "./never-defined.js";

/** One mistake at one place, with the number of runs that have it. */
interface Mistake {
  readonly compiled: Compiled;
  readonly error: TemplateError;
  readonly message: string;
  readonly first: Run;
  /** The last run with the mistake, so that a partial template included twice counts once per run. */
  last: Run;
  runs: number;
}

/** The time between two pauses for signals and timers, in milliseconds. */
const TURN_MS = 20;
/** A template that takes this long to fail is rendered for no further run, since it would fail as slowly for each. */
const SLOW_FAILURE_MS = 1000;

export const renderAll = async (
  batch: Batch,
  runs: readonly Run[],
  compiled: readonly Compiled[],
): Promise<readonly SurveyFinding[]> => {
  const mistakes = new Map<string, Mistake>();
  const undefinedUses = neverDefined(compiled);
  const slowFailures = new Set<Compiled>();
  let turn = performance.now();
  for (const run of runs) {
    const variables = variablesOf(batch, run, 1);
    undefinedUses.record(variables);
    for (const one of compiled) {
      if (slowFailures.has(one)) continue;
      const start = performance.now();
      const succeeded = await renderOne(mistakes, one, run, variables);
      if (!succeeded && performance.now() - start > SLOW_FAILURE_MS) slowFailures.add(one);
    }
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      turn = performance.now();
    }
  }
  const found = [...mistakes.values()];
  return [
    ...(await Promise.all(found.map((mistake) => findingOf(batch, mistake, runs.length)))),
    ...(runs.length > 0
      ? undefinedUses.findings(
          batch,
          found.map(({ error }) => error),
        )
      : []),
  ];
};

/** Renders one template for one run, discards the text and records the mistakes. */
const renderOne = async (
  mistakes: Map<string, Mistake>,
  compiled: Compiled,
  run: Run,
  variables: Variables,
): Promise<boolean> => {
  try {
    await compiled.template.render(variables);
    return true;
  } catch (failure) {
    if (!(failure instanceof TemplateError)) throw failure;
    for (const error of [failure, ...(failure.more.also ?? [])]) {
      const key = placeKey(compiled, error);
      const known = mistakes.get(key);
      if (known === undefined) {
        const message = undefinedMessage(error, variables);
        mistakes.set(key, { compiled, error, message, first: run, last: run, runs: 1 });
      } else if (known.last !== run) {
        known.last = run;
        known.runs += 1;
      }
    }
    return false;
  }
};

/** Identifies a mistake across runs, if possible without the message, since a message may contain values of one run. */
const placeKey = ({ file }: Compiled, { line, column, undefinedPath, more, message }: TemplateError): string =>
  [more.file ?? file, line ?? message, column, undefinedPath?.join(".")].join("\n");

const findingOf = async (
  batch: Batch,
  { compiled, error, message, first, runs }: Mistake,
  total: number,
): Promise<SurveyFinding> => ({
  severity: "error",
  code: error.undefinedPath === undefined ? "template" : "undefined-variable",
  message: `${message} (in ${amount(runs, total, first)})`,
  batch: batch.name,
  path: ["templates", batch.templates.indexOf(compiled.name)],
  at: await nodePlace(compiled.file, error),
});

const amount = (runs: number, total: number, first: Run): string => {
  if (runs === 1) return `run ${first.id}`;
  return runs === total ? `all ${total} runs` : `${runs} of ${total} runs, the first is ${first.id}`;
};

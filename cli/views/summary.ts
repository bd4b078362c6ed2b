/** The summary at the end: how many runs succeeded, why others failed, and where to look. */
import { backendNamed, type Failed, type State, tally } from "../../lib/index.js";
import { paletteOf } from "./color.js";
import {
  causeText,
  count,
  duration,
  failureText,
  isReported,
  lastOutput,
  printable,
  shortPath,
  whereToLook,
  withCommas,
} from "./format.js";
import { sentence } from "./sentences.js";

export interface SummaryOptions {
  readonly color: boolean;
  readonly columns: number;
  /** The path of the log. */
  readonly log?: string;
}

/** A few lines, each ended by a line break; an empty text for an ensemble that never started. */
export const summary = (state: State, options: SummaryOptions): string => {
  if (state.started === undefined) return "";
  return `${[headline(state, options), ...counts(state), ...failedBatches(state), ...overruledFailures(state), ...ignoredFailures(state), ...wayOn(state), ...stillQueued(state), ...slowest(state), ...remarks(state), ...placesToLook(state, options), ...retryHint(state)].join("\n")}\n`;
};

const headline = ({ started, finished, stopping }: State, { color }: SummaryOptions): string => {
  const { good, bad, warn } = paletteOf(color);
  const name = printable(started?.ensemble ?? "");
  if (finished === undefined) return bad(`${name} did not finish`);
  const time = `after ${duration(finished.elapsed_s)}`;
  if (finished.ok) return good(`${name} succeeded ${time}`);
  if (stopping !== undefined && finished.failure.reason === "interrupted")
    return warn(`${name} was stopped (${printable(stopping.message)}) ${time}`);
  return bad(`${name} failed ${time}${isReported(finished.failure) ? "" : `: ${failureText(finished.failure)}`}`);
};

const counts = (state: State): readonly string[] => {
  const { succeeded, failed, skipped, interrupted } = tally(state);
  const causes = [...state.causes]
    .sort(([, a], [, b]) => b - a)
    .map(([cause, number]) => row("", `${withCommas(number)}  ${causeText(cause)}`));
  return [
    row("succeeded", count(succeeded, "run")),
    ...(failed > 0 ? [row("failed", count(failed, "run")), ...causes] : []),
    ...(skipped > 0 ? [row("skipped", count(skipped, "run"))] : []),
    ...(interrupted > 0 ? [row("interrupted", `${count(interrupted, "run")}, unfinished or never started`)] : []),
  ];
};

/** The batches with failed runs, if there are several batches. */
const failedBatches = ({ batches }: State): readonly string[] => {
  const bad = [...batches.values()].filter(({ failed }) => failed > 0);
  if (batches.size < 2 || bad.length === 0) return [];
  const more = bad.length - SHOWN;
  return [
    ...bad.slice(0, SHOWN).map(({ name, failed, succeeded, skipped }) => {
      const all = count(failed + succeeded + skipped, "run");
      return `${printable(name)}: ${withCommas(failed)} of ${all} failed`;
    }),
    ...(more > 0 ? [`and ${count(more, "more batch", "more batches")}`] : []),
  ].map((text, index) => row(index === 0 ? "in batch" : "", text));
};

/** The failures that do not count, since their runs went on in a later cycle. */
const overruledFailures = ({ overruled }: State): readonly string[] =>
  overruled <= 0
    ? []
    : [row("earlier", `${count(overruled, "failure")} in earlier cycles; the last cycle of a run decides`)];

const ignoredFailures = ({ ignored }: State): readonly string[] =>
  ignored === 0 ? [] : [row("ignored", `${count(ignored, "failed \`execute\` task")}: what followed went on`)];

/** How to go on after a failed command, for users of the Python tool, which always does. */
const wayOn = ({ ignorable }: State): readonly string[] =>
  ignorable === 0
    ? []
    : [
        row("hint", "to go on after a failed `execute`: `ignore_failure: true` in its `args`, or"),
        row("", "`--compat python` for all of them, as the Python tool does"),
      ];

/** The jobs left in a scheduler's queue: stopping the program does not cancel them. */
const stillQueued = ({ started, active, finished }: State): readonly string[] => {
  const jobs = [...active.values()].filter(({ job }) => job !== undefined).length;
  const backend = backendNamed(started?.backend ?? "");
  if (!backend?.queues || finished === undefined || jobs === 0) return [];
  const left = `${count(jobs, "job")} left in ${backend.title}`;
  return [row("in queue", `${left}: the same command resumes them, \`model_ensemble cancel --all\` cancels them`)];
};

const slowest = ({ slowest }: State): readonly string[] =>
  slowest.length === 0
    ? []
    : [row("slowest", slowest.map(({ run, elapsed_s }) => `${printable(run)} (${duration(elapsed_s)})`).join(", "))];

/** The first remarks; the log has them all. */
const remarks = ({ remarks: all }: State): readonly string[] =>
  [
    ...all.slice(0, REMARKS).map((remark) => sentence(remark).text),
    ...(all.length > REMARKS ? [`and ${count(all.length - REMARKS, "more note")} in the log`] : []),
  ].map((text, index) => row(index === 0 ? "note" : "", text));

const REMARKS = 3;

/** The log, then the places of the first failures. */
const placesToLook = (state: State, { log, columns }: SummaryOptions): readonly string[] => {
  const shown = state.failures.slice(0, SHOWN);
  const more = state.failureCount - shown.length;
  const texts = [
    ...(log === undefined ? [] : [printable(log)]),
    ...shown.flatMap((failed, index) => [
      ...place(failed, state.opened?.directory, columns),
      ...(index < WITH_OUTPUT ? outputOf(failed, columns) : []),
    ]),
    ...(more > 0 ? [`and ${count(more, "more failure")}`] : []),
  ];
  return texts.map((text, index) => row(index === 0 ? "look at" : "", text));
};

const SHOWN = 10;
/** The failures of which the summary shows the last lines of output: the others often have the same cause. */
const WITH_OUTPUT = 3;
const OUTPUT_LINES = 3;

const outputOf = ({ failure }: Failed, columns: number): readonly string[] =>
  lastOutput(failure, OUTPUT_LINES).map((line) => clipped(`  | ${line}`, columns - row("", "").length));

const clipped = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;

/** How to do failed runs again; a stopped ensemble first goes on by itself. */
const retryHint = ({ finished, causes }: State): readonly string[] => {
  if (finished === undefined || finished.failed === 0) return [];
  const [cause] = [...causes].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const some = causes.size > 1 && cause !== undefined ? `; --retry-failed=${cause} only those of one cause` : "";
  return [row("to retry", `the same command with --retry-failed does failed runs again${some}`)];
};

const place = (failed: Failed, directory: string | undefined, columns: number): readonly string[] => {
  const why = `${printable(failed.run ?? failed.batch ?? "the ensemble")}: ${failureText(failed.failure)}`;
  const where = whereToLook(failed) ?? failed.directory;
  if (where === undefined) return [why];
  const one = `${shortPath(where, directory)}  ${why}`;
  return row("", one).length <= columns ? [one] : [shortPath(where, directory), `  ${why}`];
};

const row = (what: string, text: string): string => `  ${what.padEnd(11)}  ${text}`;

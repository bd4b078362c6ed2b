/** One sentence for every event. The log and the view without a terminal print them. */
import {
  type EnsembleResumed,
  explain,
  type Fact,
  type Failure,
  isIgnorable,
  type Outcome,
  showDiagnostic,
  unreachable,
} from "../../lib/index.js";
import { count, duration, failureText, isReported, lastOutput, printable, whereToLook } from "./format.js";

export interface Sentence {
  /** `detail` is for the log with `--verbose`. */
  readonly level: "error" | "warning" | "info" | "detail";
  readonly text: string;
  /** Further lines, such as the last output of a command. */
  readonly more?: readonly string[];
}

/** `directory` is the run directory, if the event is about a run. */
export const sentence = (event: Fact, directory?: string): Sentence => {
  switch (event.type) {
    case "stream.opened":
      return info(`model_ensemble ${event.version} on ${event.host}, process ${event.pid}, in ${event.directory}`);
    case "configuration.warned":
      return {
        level: "warning",
        text: "the configuration has warnings",
        more: event.diagnostics.flatMap(diagnosticLines),
      };
    case "configuration.refused":
      return {
        level: "error",
        text: printable(`${event.configuration} cannot be run`),
        more: event.diagnostics.flatMap(diagnosticLines),
      };
    case "ensemble.started": {
      const runs = event.batches.reduce((sum, batch) => sum + batch.runs, 0);
      const size = `${count(event.batches.length, "batch", "batches")}, ${count(runs, "run")}`;
      return info(`${event.ensemble} (${event.configuration}) started on ${event.backend}: ${size}`);
    }
    case "journal.refused":
      return { level: "error", text: printable(event.message) };
    case "journal.mended":
      return warning(
        `the end of ${event.path} was torn: ${count(event.bytes, "byte")} cut off; a copy is in ${event.copy}`,
      );
    case "journal.stalled":
      return warning(
        `${event.path}: ${event.message} (${event.code}); nothing new starts${event.code === "EFBIG" ? "" : " until it can be written again"}`,
      );
    case "journal.recovered":
      return info(`${event.path} can be written again`);
    case "ensemble.resumed":
      return event.changed > 0 ? warning(resumedText(event)) : info(resumedText(event));
    case "ensemble.stopping":
      return {
        level: "warning",
        text: printable(`stopping (${event.message}): ${STOPPING[event.how]}`),
      };
    case "ensemble.finished": {
      const { succeeded, failed, skipped, interrupted } = event;
      const how = event.ok ? "succeeded" : event.failure.reason === "interrupted" ? "was stopped" : "failed";
      const counts = `${succeeded} succeeded, ${failed} failed, ${skipped} skipped, ${interrupted} interrupted`;
      const why = event.ok || isReported(event.failure) ? "" : `; ${failureText(event.failure)}`;
      const ignored = event.ignored === undefined ? "" : `; ${count(event.ignored, "failed task")} ignored`;
      const text = printable(`${event.ensemble} ${how} in ${duration(event.elapsed_s)}: ${counts}${ignored}${why}`);
      return { level: event.ok ? "info" : how === "failed" ? "error" : "warning", text };
    }
    case "batch.started":
      return info(`${event.batch} started: ${count(event.runs, "run")}`);
    case "batch.held":
      return warning(`${event.batch} does not start: ${event.needs} has not succeeded`);
    case "cycle.started":
      return info(`${event.batch}: cycle ${event.cycle} started`);
    case "batch.finished": {
      const time = `in ${duration(event.elapsed_s)}`;
      const { succeeded = 0, failed = 0, skipped = 0 } = event;
      if (!event.ok || failed === 0) return outcomeSentence(event.batch, event, time);
      const counts = `${succeeded} succeeded, ${failed} failed, ${skipped} skipped`;
      return { level: "error", text: printable(`${event.batch} failed ${time}: ${counts}`) };
    }
    case "run.skipped":
      return detail(`${event.run} skipped: ${SKIPPED[event.because]}`);
    case "run.started":
      return detail(`${event.run} started in ${event.directory}`);
    case "run.preparing":
      return detail(`${event.run}: preparing its directory`);
    case "run.prepared":
      if (event.changed !== undefined) return warning(changeText(event.run, event.changed));
      return detail(`${event.run}: its directory is ready`);
    case "run.waiting":
      switch (event.because) {
        case "maxjobs":
          return detail(`${event.run} waits for a free job slot (maxjobs)`);
        case "scheduler":
          return info(`${event.run} waits for the scheduler: ${event.message ?? "it does not accept the job"}`);
        case "machine":
          return warning(
            `${event.run} waits for this machine: ${event.message ?? "it has no room for a process or file"}`,
          );
        case "storage":
          return warning(`${event.run} waits for storage: ${event.message ?? "it cannot be written"}`);
      }
    case "run.finished":
      if (!event.ok && event.goes_on)
        return info(
          `${event.run} is not done after cycle ${event.cycle}: ${failureText(event.failure)}; it goes on in the next cycle, if there is one`,
        );
      return outcomeSentence(event.run, event, `in ${duration(event.elapsed_s)}`, directory);
    case "task.started":
      return detail(`${subjectOf(event)}: ${event.task} ${event.name} started`);
    case "task.waiting":
      return info(`${subjectOf(event)}: ${event.task} ${event.name} waits: ${event.message}`);
    case "task.finished": {
      const what = `${subjectOf(event)}: ${event.task} ${event.name}`;
      if (!event.ok && event.ignored) {
        const text = `${what} failed, and what follows goes on: ${explain(event.failure)}`;
        return { ...warning(text), more: lastOutput(event.failure, 5) };
      }
      // The run, batch or ensemble of a failed task reports the failure in full.
      if (!event.ok) return detail(`${what} failed${wayOn(event)}`);
      const copied =
        event.copied === undefined
          ? ""
          : `: ${count(event.copied.files, "file")}, ${count(event.copied.bytes, "byte")}`;
      if (event.message !== undefined) return warning(`${what} succeeded, but ${event.message}`);
      return detail(`${what} done in ${duration(event.elapsed_s)}${copied}`);
    }
    case "job.submitting":
      return detail(`${subjectOf(event)}: submits ${event.script}`);
    case "job.submitted":
      return info(`${subjectOf(event)}: job ${event.job} submitted`);
    case "job.changed":
      return jobChange(event);
    case "job.vanished":
      return warning(
        `${event.run}: job ${event.job} vanished before it started; submitting it again${evidenceText(event.evidence)}`,
      );
    case "job.finished":
      return detail(
        `${event.run}: job ${event.job} ${event.ok ? "succeeded" : "failed"} after ${duration(event.elapsed_s)}${evidenceText(event.evidence)}`,
      );
    case "backend.noted":
      return info(event.message);
    case "backend.silent":
      return warning(event.message);
    case "backend.answered":
      return info("the scheduler answers again");
    default:
      return unreachable(event);
  }
};

const changeText = (run: string, changed: readonly string[]): string => {
  const [first = "", ...others] = changed;
  const more = others.length === 0 ? "" : ` and ${count(others.length, "more file")}`;
  return `${first}${more} of the template directory changed while the ensemble runs: ${run} and later runs get what is there now, earlier runs have what was there before`;
};

const jobChange = ({ run, job, state, reason, message }: Fact & { type: "job.changed" }): Sentence => {
  const why = reason === undefined ? "" : ` (${reason})`;
  const text = `${run}: job ${job} is ${state}${why}`;
  return message === undefined ? detail(text) : warning(`${text}: ${message}`);
};

/** The evidence by source: `; squeue: FAILED NonZeroExitCode; marker: 7`. */
const evidenceText = (evidence: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(evidence ?? {})
    .map(([source, text]) => `; ${source}: ${text}`)
    .join("");

const info = (text: string): Sentence => ({ level: "info", text: printable(text) });
const warning = (text: string): Sentence => ({ level: "warning", text: printable(text) });
const detail = (text: string): Sentence => ({ level: "detail", text: printable(text) });

const resumedText = ({ starts, in_progress, changed, batches }: EnsembleResumed): string => {
  const endedRuns = batches.reduce((sum, { now }) => sum + now.succeeded + now.failed, 0);
  const changes =
    changed === 0 ? "" : `; the configuration of ${count(changed, "ended run")} has changed: left as they are`;
  return `resuming after ${count(starts, "earlier start")}: ${count(endedRuns, "run")} ended, ${in_progress} in progress${changes}`;
};

const outcomeSentence = (name: string, outcome: Outcome, time: string, directory?: string): Sentence => {
  if (outcome.ok) return info(`${name} succeeded ${time}`);
  const { failure } = outcome;
  if (failure.reason === "interrupted") return { level: "warning", text: printable(`${name} interrupted, ${time}`) };
  const place = whereToLook({ failure, ...(directory !== undefined && { directory }) });
  const see = place === undefined ? "" : `; see ${place}`;
  return {
    level: "error",
    text: printable(`${name} failed ${time}: `) + failureText(failure) + printable(see),
    more: lastOutput(failure, 5),
  };
};

/** How to go on after a failed command, for users of the Python tool, which always does. */
const wayOn = ({ name, failure }: { readonly name: string; readonly failure: Failure }): string =>
  name === "execute" && isIgnorable(failure)
    ? "; `ignore_failure: true` in its `args`, or `--compat python` for all, lets what follows go on"
    : "";

const diagnosticLines = (diagnostic: Parameters<typeof showDiagnostic>[0]): readonly string[] =>
  showDiagnostic(diagnostic).split("\n").map(printable);

const subjectOf = ({ run, batch }: { readonly run?: string; readonly batch?: string }): string =>
  run ?? batch ?? "the ensemble";

const STOPPING = {
  drain: "nothing new starts; waiting for runs in progress",
  let_go: "interrupting runs in progress",
} as const;

const SKIPPED = {
  skips: "left out by --skips",
  indexes: "not among --indexes",
  stopping: "the ensemble is stopping",
  check: "its check found nothing to do",
  no_job: "it had no job in an earlier cycle",
} as const;

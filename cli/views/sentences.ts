/** Every event as a sentence: what the log and the view without a terminal are made of. */
import { type EnsembleResumed, type Event, type Outcome, showDiagnostic, unreachable } from "../../lib/index.js";
import { because, count, lastWords, printable, span, whereToLook } from "./format.js";

export interface Sentence {
  /** `detail`: for whoever looks closely. */
  readonly level: "error" | "warning" | "info" | "detail";
  readonly text: string;
  /** More lines that belong to it, such as what a command printed last. */
  readonly more?: readonly string[];
}

/** `directory`: of the run that the event is about, if there is one. */
export const sentence = (event: Event, directory?: string): Sentence => {
  switch (event.type) {
    case "stream.opened":
      return info(`model_ensemble ${event.version} on ${event.host}, process ${event.pid}, in ${event.directory}`);
    case "configuration.warned":
      return {
        level: "warning",
        text: "the configuration is read with warnings",
        more: event.diagnostics.flatMap(shown),
      };
    case "configuration.refused":
      return {
        level: "error",
        text: printable(`${event.configuration} cannot be run`),
        more: event.diagnostics.flatMap(shown),
      };
    case "ensemble.started": {
      const runs = event.batches.reduce((sum, batch) => sum + batch.runs, 0);
      const size = `${count(event.batches.length, "batch", "batches")}, ${count(runs, "run")}`;
      return info(`${event.ensemble} (${event.configuration}) started on ${event.backend}: ${size}`);
    }
    case "journal.refused":
      return { level: "error", text: printable(event.message) };
    case "journal.mended":
      return warning(`the end of ${event.path} was torn: ${count(event.bytes, "byte")} cut off, kept in ${event.copy}`);
    case "journal.stalled":
      return warning(`${event.path}: ${event.message} (${event.code}); nothing new starts until it takes writes again`);
    case "journal.recovered":
      return info(`${event.path} takes writes again`);
    case "ensemble.resumed":
      return event.changed > 0 ? warning(resumption(event)) : info(resumption(event));
    case "ensemble.stopping":
      return {
        level: "warning",
        text: printable(`stopping (${event.message}): ${STOPPING[event.how]}`),
      };
    case "ensemble.finished": {
      const { succeeded, failed, skipped, interrupted } = event;
      const how = event.ok ? "succeeded" : event.failure.reason === "interrupted" ? "was stopped" : "failed";
      const counts = `${succeeded} succeeded, ${failed} failed, ${skipped} skipped, ${interrupted} interrupted`;
      // Only a task of its own is told as the reason: what failed in its parts has been told there.
      const why = event.ok || event.failure.task === undefined ? "" : `; ${because(event.failure)}`;
      const text = printable(`${event.ensemble} ${how} in ${span(event.elapsed_s)}: ${counts}${why}`);
      return { level: event.ok ? "info" : how === "failed" ? "error" : "warning", text };
    }
    case "batch.started":
      return info(`${event.batch} started: ${count(event.runs, "run")}`);
    case "cycle.started":
      return info(`${event.batch}: cycle ${event.cycle} began`);
    case "batch.finished":
      return ended(event.batch, event, `in ${span(event.elapsed_s)}`);
    case "run.skipped":
      return detail(`${event.run} skipped: ${SKIPPED[event.because]}`);
    case "run.started":
      return detail(`${event.run} started in ${event.directory}`);
    case "run.preparing":
      return detail(`${event.run}: its directory is being made`);
    case "run.prepared":
      return detail(`${event.run}: its directory is prepared`);
    case "run.waiting":
      switch (event.because) {
        case "maxjobs":
          return detail(`${event.run} waits for a free job slot (maxjobs)`);
        case "scheduler":
          return info(`${event.run} waits for the scheduler: ${event.message ?? "it does not take the job"}`);
        case "storage":
          return warning(`${event.run} waits for storage: ${event.message ?? "it takes no writes"}`);
      }
    case "run.finished":
      return ended(event.run, event, `in ${span(event.elapsed_s)}`, directory);
    case "task.started":
      return detail(`${holder(event)}: ${event.task} ${event.name} started`);
    case "task.waiting":
      return info(`${holder(event)}: ${event.task} ${event.name} waits: ${event.message}`);
    case "task.finished": {
      const what = `${holder(event)}: ${event.task} ${event.name}`;
      // What it is part of fails by it, and says so with all there is to say.
      return detail(event.ok ? `${what} done in ${span(event.elapsed_s)}` : `${what} failed`);
    }
    case "job.submitting":
      return detail(`${holder(event)}: submits ${event.script}`);
    case "job.submitted":
      return info(`${holder(event)}: job ${event.job} submitted`);
    case "job.changed":
      return changed(event);
    case "job.vanished":
      return warning(
        `${event.run}: job ${event.job} has vanished before it began, and is handed over anew${witnesses(event.evidence)}`,
      );
    case "job.finished":
      return detail(
        `${event.run}: job ${event.job} ${event.ok ? "ended well" : "ended badly"} after ${span(event.elapsed_s)}${witnesses(event.evidence)}`,
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

const changed = ({ run, job, state, reason, message }: Event & { type: "job.changed" }): Sentence => {
  const why = reason === undefined ? "" : ` (${reason})`;
  const text = `${run}: job ${job} is ${state}${why}`;
  return message === undefined ? detail(text) : warning(`${text}: ${message}`);
};

/** Who said what: `; squeue: FAILED NonZeroExitCode; marker: 7`. */
const witnesses = (evidence: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(evidence ?? {})
    .map(([who, what]) => `; ${who}: ${what}`)
    .join("");

const info = (text: string): Sentence => ({ level: "info", text: printable(text) });
const warning = (text: string): Sentence => ({ level: "warning", text: printable(text) });
const detail = (text: string): Sentence => ({ level: "detail", text: printable(text) });

const resumption = ({ starts, in_progress, changed, batches }: EnsembleResumed): string => {
  const left = batches.reduce(
    (sum, { before, now }) => sum + now.succeeded + now.failed - before.succeeded - before.failed,
    0,
  );
  const odd = changed === 0 ? "" : `; ${changed} of those are written otherwise by now, and are left as they are`;
  return `goes on after ${count(starts, "earlier start")}: ${count(left, "run")} ended, ${in_progress} in progress${odd}`;
};

const ended = (who: string, outcome: Outcome, how: string, directory?: string): Sentence => {
  if (outcome.ok) return info(`${who} succeeded ${how}`);
  const { failure } = outcome;
  if (failure.reason === "interrupted") return { level: "warning", text: printable(`${who} interrupted, ${how}`) };
  const place = whereToLook({ failure, ...(directory !== undefined && { directory }) });
  const see = place === undefined ? "" : `; see ${place}`;
  return {
    level: "error",
    text: printable(`${who} failed ${how}: `) + because(failure) + printable(see),
    more: lastWords(failure, 5),
  };
};

const shown = (diagnostic: Parameters<typeof showDiagnostic>[0]): readonly string[] =>
  showDiagnostic(diagnostic).split("\n").map(printable);

const holder = ({ run, batch }: { readonly run?: string; readonly batch?: string }): string =>
  run ?? batch ?? "the ensemble";

const STOPPING = {
  drain: "nothing new starts, runs in progress are waited for",
  let_go: "everything is let go of",
} as const;

const SKIPPED = {
  skips: "left out by --skips",
  indexes: "not among --indexes",
  stopping: "the ensemble is stopping",
  check: "its check says that there is nothing to do",
  no_job: "it got no job in an earlier cycle",
} as const;

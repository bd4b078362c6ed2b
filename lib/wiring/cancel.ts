/** Finds the jobs of runs in journals that others may be writing, and has the scheduler cancel them. */
import { join } from "node:path";
import type { Observable } from "rxjs";
import type { Outcome } from "../events/event.js";
import { emptyHistory, type History, type RunHistory } from "../history/history.js";
import { reduceHistory } from "../history/reduce.js";
import { ownerOf, readEvents } from "../journal/inspect.js";
import { claimsPath } from "../journal/layout.js";
import type { Owner } from "../journal/lock.js";
import { cancelled$ } from "../scheduler/cancel/cancel.js";
import type { CancelReport, CancelTarget } from "../scheduler/cancel/report.js";
import { openJobDirectories } from "../scheduler/jobs/directory.js";
import { hasIdentity } from "../scheduler/jobs/identity.js";
import type { Claims } from "../system/processes/claims.js";
import { exec } from "../system/processes/exec.js";
import { isOnPath } from "../system/processes/which.js";

/** Whose jobs are to be cancelled: those of some runs, by id; or of all, those of `submit` tasks too. */
export type CancelRequest = { readonly runs: readonly string[] } | { readonly all: true };

export interface Cancellation {
  /** How many jobs it is about. */
  readonly jobs: number;
  /** Runs that were asked for and have no job which has not ended. */
  readonly without: readonly string[];
  /** Who is at work on their ensembles, as far as can be told from here. */
  readonly owners: readonly Owner[];
  readonly cancel$: Observable<CancelReport>;
}

interface JournalRecord {
  readonly directory: string;
  readonly history: History;
  /** Jobs of `submit` tasks, by task. */
  readonly submitted: ReadonlyMap<string, SubmittedByTask>;
}

export const findJobs = async (
  directories: readonly string[],
  request: CancelRequest,
): Promise<Cancellation | { readonly refused: string }> => {
  const pasts: JournalRecord[] = [];
  for (const directory of directories) pasts.push(await pastOf(directory));
  const chosen = "all" in request ? everything(pasts) : someOf(pasts, request.runs);
  if ("refused" in chosen) return chosen;
  const missing = ["squeue", "scancel"].find((name) => !isOnPath(name));
  if (missing !== undefined && chosen.wanted.length > 0)
    return { refused: `there is no ${missing} here: load your site's module, or log in where Slurm is` };
  const owners: Owner[] = [];
  for (const directory of new Set(chosen.concerned.map((past) => past.directory))) {
    const owner = await ownerOf(directory);
    if (owner !== undefined && owner.alive !== false) owners.push(owner);
  }
  const { wanted, without } = chosen;
  return { jobs: wanted.length, without, owners, cancel$: cancelled$(exec, wanted) };
};

const pastOf = async (directory: string): Promise<JournalRecord> => {
  const history = emptyHistory();
  const submitted = new Map<string, SubmittedByTask>();
  const files = await readEvents(directory, (event) => {
    reduceHistory(history, event);
    if (event.type !== "job.submitting" && event.type !== "job.submitted") return;
    const { batch = "", run = "", cycle = 0, attempt = 0, task } = event;
    if (task === undefined) return;
    const key = [batch, run, cycle, attempt, task].join("\n");
    if (event.type === "job.submitting") {
      if (event.token === undefined) return;
      const what = [run || batch, task].filter((word) => word !== "").join(" ");
      submitted.set(key, { what, token: event.token, id: undefined, start: history.starts });
    } else {
      const before = submitted.get(key);
      if (before !== undefined) submitted.set(key, { ...before, id: event.job });
    }
  });
  if (files.length === 0) throw Object.assign(new Error("there is no journal"), { code: "ENOENT", path: directory });
  return { directory, history, submitted };
};

interface Chosen {
  readonly wanted: readonly CancelTarget[];
  readonly without: readonly string[];
  readonly concerned: readonly JournalRecord[];
}

type Choice = Chosen | { readonly refused: string };

const someOf = (pasts: readonly JournalRecord[], ids: readonly string[]): Choice => {
  const wanted: CancelTarget[] = [];
  const without: string[] = [];
  const concerned: JournalRecord[] = [];
  for (const id of new Set(ids)) {
    const found = pasts.flatMap((past) => runsOf(past).flatMap((run) => (run.id === id ? [{ past, run }] : [])));
    const [one, another] = found;
    if (one === undefined) return { refused: `no run ${id} was begun, as ${directoriesIn(pasts)} tells` };
    if (another !== undefined)
      return {
        refused: `there is a run ${id} in ${directoriesIn(found.map(({ past }) => past))}: name one with --state-dir`,
      };
    const { past, run } = one;
    if (!isSlurm(past)) return { refused: notSlurm(past) };
    const job = jobOf(past, run);
    if (job === undefined) without.push(id);
    else wanted.push(job);
    concerned.push(past);
  }
  return { wanted, without, concerned };
};

const everything = (pasts: readonly JournalRecord[]): Choice => {
  const concerned = pasts.filter(isSlurm);
  const [other] = pasts.filter((past) => past.history.backend !== undefined && !isSlurm(past));
  if (concerned.length === 0 && other !== undefined) return { refused: notSlurm(other) };
  return { wanted: concerned.flatMap(allOf), without: [], concerned };
};

const isSlurm = ({ history }: JournalRecord): boolean => history.backend === "slurm";

const notSlurm = ({ directory, history }: JournalRecord): string =>
  `the ensemble in ${directory} was begun with the backend ${history.backend ?? "of nobody"}: only Slurm's jobs can be cancelled; jobs on this machine are ended by Ctrl-C, twice, where it runs`;

const directoriesIn = (pasts: readonly JournalRecord[]): string =>
  pasts.map(({ directory }) => directory).join(" and ");

const runsOf = ({ history }: JournalRecord): readonly RunHistory[] =>
  [...history.batches.values()].flatMap(({ runs }) => [...runs.values()]);

const jobOf = (past: JournalRecord, { id: what, job }: RunHistory): CancelTarget | undefined => {
  if (job?.token === undefined || (job.end !== undefined && !isLost(job.end))) return undefined;
  return wantedOf(past, { what, token: job.token, id: job.id, start: job.start });
};

/** Nobody could tell how it ended: whoever is about to do it again had better be sure that it has. */
const isLost = (end: Outcome): boolean => !end.ok && end.failure.reason === "job" && end.failure.cause === "lost";

/** The jobs of runs, and those that `submit` tasks have handed over: nobody waits for these, so each may go on still. */
const allOf = (past: JournalRecord): readonly CancelTarget[] => [
  ...runsOf(past)
    .map((run) => jobOf(past, run))
    .filter((job) => job !== undefined),
  ...[...past.submitted.values()].map((told) => wantedOf(past, told)),
];

interface SubmittedByTask {
  readonly what: string;
  readonly token: string;
  readonly id: string | undefined;
  readonly start: number;
}

const wantedOf = ({ directory, history }: JournalRecord, { what, token, id, start }: SubmittedByTask): CancelTarget => {
  const root = claimsPath(directory);
  // Nothing is made, and nothing forgotten: the ensemble may be at work.
  const claims: Claims = { path: (name) => join(root, name), ended: () => undefined, settle: () => () => undefined };
  const places = openJobDirectories(claims, root);
  return {
    ...{ what, id, directory: places.directory(token), boot: history.boots[start] ?? "" },
    mark: () => (hasIdentity(claims) ? places.mark(token) : undefined),
  };
};

/**
 * Handing a job over, at most once. What sbatch has said decides; where it has not said anything that can be relied on,
 * the job is looked for by its mark, and only where it is certain that there is none may somebody try again.
 */
import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  map,
  merge,
  type Observable,
  of,
  take,
  throwError,
  timer,
} from "rxjs";
import type { EarlierJob, Handover, JobRequest, Spawn } from "../../effects.js";
import { Abandon, type Ending } from "../../failure.js";
import { slots } from "../../operators/slots.js";
import { failureAt, messageOf } from "../../world/errors.js";
import { trace$ } from "../../world/outlived.js";
import type { Said } from "./classify.js";
import { submitWords } from "./commands.js";
import type { Environment } from "./environment.js";
import type { Gate } from "./gate.js";
import { markedIn } from "./own.js";
import type { Places, Submission } from "./places.js";
import type { Look, Queue } from "./queue.js";
import type { Site } from "./site.js";
import { begunBy, fence } from "./traces.js";
import { filesIn, saidIn, UNKNOWN } from "./tries.js";

export interface Desk {
  readonly spawn: Spawn;
  readonly environment: Environment;
  readonly places: Places;
  readonly queue: Queue;
  readonly gate: Gate;
  readonly site$: Observable<Site>;
  /** Between two looks while a job registers, in seconds. */
  readonly registering: number;
  /** Whether claims are left, by which a later start finds out what became of an sbatch. */
  readonly claims: boolean;
}

/** slurmctld throttles submissions itself: more at once gains nothing. */
const AT_ONCE = 2;
/** sbatch tries again by itself for two minutes (sbatch.c); what takes that much longer hangs. */
const HANGING_MS = 600_000;

export interface Handing {
  submit$(request: JobRequest): Observable<Handover>;
  adopt$(request: JobRequest, before: EarlierJob): Observable<Handover>;
}

export const handing = (desk: Desk): Handing => {
  const { places, gate } = desk;
  const turns = slots(AT_ONCE);

  const submit$ = (request: JobRequest): Observable<Handover> =>
    defer(() => {
      const submission = prepared(places, request);
      return try$(request, submission, 1);
    });

  const try$ = (request: JobRequest, submission: Submission, number: number): Observable<Handover> =>
    concat(
      defer(() => {
        const why = gate.shut();
        return why === undefined ? EMPTY : of({ waiting: why });
      }),
      turns(() => concat(gate.passed$, sbatch$(desk, request, submission, number))).pipe(
        concatMap((said): Observable<Handover> => {
          switch (said.is) {
            case "accepted":
              gate.passed();
              return of({ job: said.job });
            case "refused":
              return throwError(() => notStarted(said.message));
            case "busy":
            case "away": {
              const what = said.is === "busy" ? "Slurm takes no more jobs for now" : "Slurm is away";
              const seconds = gate.refused(`${what} (${said.message})`);
              const waiting = `${what} (${said.message}): it is tried again in ${seconds} s`;
              return concat(of({ waiting }), try$(request, submission, number + 1));
            }
            case "unclear":
              return concat(of({ waiting: unclear(said.message) }), sought$(desk, request));
          }
        }),
      ),
    );

  return { submit$, adopt$: (request, before) => adopted$(desk, request, before) };
};

const unclear = (message: string): string => `whether Slurm has the job is not known (${message}): it is looked for`;

const prepared = (places: Places, request: JobRequest): Submission => {
  try {
    return places.prepare(request);
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException;
    if (path !== undefined && path.startsWith(places.directory(request.token)))
      throw new Abandon(failureAt(path, error));
    throw notStarted(messageOf(error));
  }
};

export const notStarted = (message: string): Abandon => new Abandon({ reason: "job", cause: "not_started", message });

/** One sbatch, to its end. It is in a session of its own and goes on without us; what it says stays in files. */
const sbatch$ = (desk: Desk, request: JobRequest, submission: Submission, number: number): Observable<Said> =>
  defer(() => {
    const files = filesIn(desk.places.directory(request.token), number);
    const running$ = desk.spawn({
      file: "sbatch",
      arguments: submitWords({ ...submission, directory: request.directory }),
      // That of the run: sbatch takes its options from the command line, but a relative `--output` is relative to it.
      directory: request.directory,
      ...{ output: files.output, errors: files.errors, environment: desk.environment, stays: true },
      ...(desk.claims && { claim: files.claim }),
    });
    const ended$ = running$.pipe(
      concatMap((event): Observable<Ending> => (event.type === "ended" ? of(event) : EMPTY)),
    );
    return merge(ended$, timer(HANGING_MS).pipe(map(() => ({ status: null, signal: "no end" })))).pipe(
      take(1),
      map((ending) => saidIn(files, ending)),
    );
  });

/** A job that an earlier start has handed over, or was about to. */
const adopted$ = (desk: Desk, request: JobRequest, { id, boot }: EarlierJob): Observable<Handover> =>
  id !== undefined ? of({ job: id }) : tried$(desk, request, boot, 1);

/** What became of its tries, one after the other: the one that was never made is the last. */
const tried$ = (desk: Desk, request: JobRequest, boot: string, number: number): Observable<Handover> =>
  defer(() => {
    const files = filesIn(desk.places.directory(request.token), number);
    return trace$(files.claim, boot).pipe(
      filter(({ is }) => is !== "running" && is !== "starting"),
      concatMap((trace): Observable<Handover> => {
        if (trace.is === "absent") return EMPTY;
        const said = saidIn(files, trace.is === "ended" ? trace : UNKNOWN);
        switch (said.is) {
          case "accepted":
            return of({ job: said.job });
          case "refused":
          case "busy":
          case "away":
            return tried$(desk, request, boot, number + 1);
          case "unclear":
            return concat(of({ waiting: unclear(said.message) }), sought$(desk, request));
        }
      }),
    );
  });

/**
 * Looks for a job by its mark, until it is found or certain not to be there: two looks that succeed, long enough after
 * sbatch gave up (what it has sent may lie in slurmctld's queue), and accounting, which knows those that have come and
 * gone. Then the work is fenced off: what appears later all the same does nothing.
 */
const sought$ = (desk: Desk, request: JobRequest): Observable<Handover> =>
  defer(() => {
    const { places, queue, registering, site$ } = desk;
    const [mark, directory] = [places.mark(request.token), places.directory(request.token)];
    const began = asyncScheduler.now();
    let looks = 0;
    const found$ = (look: Look, site: Site): Observable<Handover | "absent"> => {
      const job = look.marks.get(mark) ?? begunBy(directory);
      if (job !== undefined) return of({ job });
      if (look.at >= began) looks += 1;
      const patience = Math.max(LOOKS_S * registering, 2 * site.message_timeout_s);
      if (looks < 2 || (look.at - began) / 1000 < patience) {
        queue.soon(registering);
        return EMPTY;
      }
      return look.accounts$.pipe(
        concatMap((accounts): Observable<Handover | "absent"> => {
          const known = typeof accounts === "string" ? undefined : markedIn(accounts, mark);
          if (known !== undefined) return of({ job: known });
          // One that has come and gone since would still be in the queue, unless the queue forgets too soon.
          if (accounts === "silent" && site.min_job_age_s < patience) return EMPTY;
          const kept = fence(directory);
          if (kept.fenced) return of("absent");
          return kept.job === undefined ? EMPTY : of({ job: kept.job });
        }),
      );
    };
    queue.soon(registering);
    return site$.pipe(
      concatMap((site) => queue.look$.pipe(exhaustMap((look) => found$(look, site)))),
      take(1),
      filter((found) => found !== "absent"),
    );
  });

/** In looks while a job registers: by default two minutes. */
const LOOKS_S = 6;

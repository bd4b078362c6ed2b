/** The effects of the program on a simulated world. Every step goes through the gate. */
import { EMPTY, Observable, type Subscriber, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { CheckResult, Effects, Place, WorldTask } from "../../lib/effects/effects.js";
import { Abandon } from "../../lib/events/failure.js";
import type { Claims } from "../../lib/system/processes/claims.js";
import type { Gate } from "./gate.js";
import { checkHolds, failed, jobFailed, jobLost, statusOf, type TaskOwner, taken } from "./words.js";
import { type Execution, keyOf, type World } from "./world.js";

/** Durations in milliseconds. A shell may start LATE_MS after the death of the program that started it. */
const [COMMAND_MS, JOB_MS, POLL_MS, LATE_MS] = [20, 700, 5, 6];

/** Where jobs run: on this machine, as with dummy, or elsewhere, so that they survive a crash of this machine. */
export type JobLocation = "here" | "elsewhere";

export const claimsIn = (world: World, gate: Gate): Claims => {
  let endedClaims: string[] = [];
  return {
    path: (name) => name,
    ended: (claim) => void endedClaims.push(claim),
    settle: () => {
      const claims = endedClaims;
      endedClaims = [];
      return () => {
        for (const claim of claims) gate.pass(`forget ${claim}`, () => world.forget(claim));
      };
    },
  };
};

export const effectsIn = (world: World, gate: Gate, claims: Claims, where: JobLocation): Omit<Effects, "commit$"> => ({
  backend: backendIn(world, gate, claims, where === "elsewhere"),
  open$: () => EMPTY,
  check$: () => EMPTY,
  vacant$: ({ directory, variables }) => {
    // Every cycle of a repeating batch works in the same directories.
    if (!world.directories.has(directory) || Number(variables.batch_idx) > 1) return EMPTY;
    return throwError(() => new Abandon({ reason: "directory", directory, message: "it exists" }));
  },
  prepare$: ({ directory, variables }, own) =>
    step$(gate, `prepare ${directory}`, (subscriber) => {
      const keeps = own || Number(variables.batch_idx) > 1;
      if (world.directories.has(directory) && !keeps)
        world.violations.push(`${directory} was made although it existed`);
      world.directories.add(directory);
      setTimeout(() => gate.pass(`prepared ${directory}`, () => subscriber.complete()), POLL_MS);
    }),
  perform$: (task, place, claim) =>
    task.name === "execute" || task.name === "move" || task.name === "remove"
      ? command$(world, gate, claims, task, place, claim)
      : poll$(world, task, place, claim),
  reattach$: (claim, boot) =>
    new Observable((subscriber) => {
      const trace = world.trace(claim, boot, false);
      switch (trace.is) {
        case "absent":
          if (gate.pass(`take ${claim}`, () => world.take(claim))) subscriber.complete();
          return;
        case "unknown":
          world.unknown.add(claim);
          subscriber.next("unknown");
          return subscriber.complete();
        default:
          reportEnd(world, gate, trace.execution, (status) => {
            subscriber.next({ status, signal: null });
            subscriber.complete();
          });
      }
    }),
});

const command$ = (
  world: World,
  gate: Gate,
  claims: Claims,
  task: WorldTask,
  place: Place,
  claim: string,
): Observable<CheckResult> => {
  const cmd = task.name === "execute" ? task.args.cmd : task.name;
  const execute = () =>
    world.start({
      ...{ claim, elsewhere: false, ms: COMMAND_MS },
      repeatable: task.name !== "execute" || task.args.idempotent === true,
      ignored: task.name === "execute" && task.args.ignore_failure === true,
      status: (earlier) => statusOf(cmd, ownerOf(place), earlier),
    });
  return step$(
    gate,
    `start ${claim}`,
    (subscriber) => {
      const execution = execute();
      if (execution === undefined) return subscriber.error(taken(cmd));
      reportEnd(world, gate, execution, (status) => {
        claims.ended(claim);
        if (status !== 0) return subscriber.error(failed(cmd));
        subscriber.next({ holds: true });
        subscriber.complete();
      });
    },
    () => world.later(LATE_MS, execute),
  );
};

const poll$ = (world: World, task: WorldTask, place: Place, claim: string): Observable<CheckResult> =>
  new Observable((subscriber) => {
    const key = keyOf(claim);
    setTimeout(() => {
      const polls = (world.polls.get(key) ?? 0) + 1;
      world.polls.set(key, polls);
      if (task.name === "check" && !checkHolds(task.args.cmd, ownerOf(place), polls)) {
        if (task.args.fail === true) return subscriber.error(failed(task.args.cmd, "check"));
        subscriber.next({ holds: false, message: "not yet" });
      } else subscriber.next({ holds: true });
      subscriber.complete();
    }, POLL_MS);
  });

const ownerOf = ({ run, batch, variables }: Place): TaskOwner => ({
  owner: run?.id ?? batch?.name ?? "ensemble",
  cycle: Number(variables.batch_idx ?? 1),
});

const backendIn = (world: World, gate: Gate, claims: Claims, elsewhere: boolean): Backend => {
  /** The jobs that this program has submitted or found. */
  const known = new Map<string, Execution | "lost">();
  const execute = ({ name, script, token }: JobRequest) => {
    const status = (earlier: number) => statusOf(script, { owner: name, cycle: 1 }, earlier);
    return world.start({ claim: token, elsewhere, repeatable: false, ignored: false, ms: JOB_MS, status });
  };
  return {
    name: "fake",
    submit$: (request) =>
      step$<Handover>(
        gate,
        `submit ${request.token}`,
        (subscriber) => {
          const job = execute(request);
          if (job === undefined) return subscriber.error(taken(request.script));
          known.set(request.token, job);
          setTimeout(() => {
            gate.pass(`receipt ${request.token}`, () => {
              subscriber.next({ job: request.token });
              subscriber.complete();
            });
          }, 1);
        },
        () => world.later(elsewhere ? 0 : LATE_MS, () => execute(request)),
      ),
    adopt$: ({ token }, { id, boot }) =>
      new Observable((subscriber) => {
        const trace = world.trace(token, boot, elsewhere);
        const lost = trace.is === "unknown" || (trace.is === "absent" && id !== undefined);
        if (trace.is === "absent" && !gate.pass(`take ${token}`, () => world.take(token))) return;
        if (lost) world.unknown.add(token);
        if (lost) known.set(token, "lost");
        else if ("execution" in trace) known.set(token, trace.execution);
        else return subscriber.complete();
        subscriber.next({ job: token });
        subscriber.complete();
      }),
    watch$: (id) =>
      new Observable<JobReport>((subscriber) => {
        const job = known.get(id) ?? "lost";
        if (job === "lost") return subscriber.next({ state: "ended", failure: jobLost });
        subscriber.next({ state: "running" });
        reportEnd(world, gate, job, (status) => {
          claims.ended(id);
          subscriber.next(status === 0 ? { state: "ended" } : { state: "ended", failure: jobFailed });
        });
      }),
    count$: (match) =>
      new Observable((subscriber) => {
        const runs = (job: Execution | "lost") =>
          job !== "lost" && job.status === undefined && job.key.startsWith(match);
        const ours = [...known.values()].filter(runs);
        subscriber.next(ours.length);
        subscriber.complete();
      }),
  };
};

/** An effect that changes the world at its subscription. `half`: the change if the program dies in the middle. */
const step$ = <T>(
  gate: Gate,
  name: string,
  act: (subscriber: Subscriber<T>) => void,
  half?: () => void,
): Observable<T> => new Observable((subscriber) => void gate.pass(name, () => act(subscriber), half));

/** Reports the end of an execution to the program, if the program is still alive. */
const reportEnd = (world: World, gate: Gate, execution: Execution, then: (status: number) => void) =>
  world.onEnd(execution, (status) => void gate.pass(`report ${execution.claim}`, () => then(status)));

/** What a program can do to such a world: every step of it goes through the gate. */
import { EMPTY, Observable, type Subscriber, throwError } from "rxjs";
import type { Backend, Handover, JobReport, JobRequest } from "../../lib/effects/backend.js";
import type { CheckResult, Effects, Place, WorldTask } from "../../lib/effects/effects.js";
import { Abandon } from "../../lib/events/failure.js";
import type { Claims } from "../../lib/system/processes/claims.js";
import type { Gate } from "./gate.js";
import { failed, jobFailed, jobLost, lookOf, statusOf, taken, type Whose } from "./words.js";
import { type Execution, keyOf, type World } from "./world.js";

/** How long things take, in milliseconds. A shell that was asked for may come so much later, after its program is dead. */
const [COMMAND_MS, JOB_MS, LOOK_MS, LATE_MS] = [20, 700, 5, 6];

/** Where jobs run: on this machine, as with the dummy, or elsewhere, where they outlive it. */
export type Where = "here" | "elsewhere";

export const claimsIn = (world: World, gate: Gate): Claims => {
  let over: string[] = [];
  return {
    path: (name) => name,
    ended: (claim) => void over.push(claim),
    settle: () => {
      const now = over;
      over = [];
      return () => {
        for (const claim of now) gate.pass(`forget ${claim}`, () => world.forget(claim));
      };
    },
  };
};

export const effectsIn = (world: World, gate: Gate, claims: Claims, where: Where): Omit<Effects, "commit$"> => ({
  backend: backendIn(world, gate, claims, where === "elsewhere"),
  open$: () => EMPTY,
  check$: () => EMPTY,
  vacant$: ({ directory, variables }) => {
    // Every cycle of a batch that repeats works in the same directories.
    if (!world.directories.has(directory) || Number(variables.batch_idx) > 1) return EMPTY;
    return throwError(() => new Abandon({ reason: "directory", directory, message: "it is there" }));
  },
  prepare$: ({ directory, variables }, own) =>
    acting(gate, `prepare ${directory}`, (subscriber) => {
      const keeps = own || Number(variables.batch_idx) > 1;
      if (world.directories.has(directory) && !keeps) world.wrongs.push(`${directory} was made over what was there`);
      world.directories.add(directory);
      setTimeout(() => gate.pass(`prepared ${directory}`, () => subscriber.complete()), LOOK_MS);
    }),
  perform$: (task, place, claim) =>
    task.name === "execute" || task.name === "move" || task.name === "remove"
      ? command$(world, gate, claims, task, place, claim)
      : look$(world, task, place, claim),
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
          told(world, gate, trace.execution, (status) => {
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
  const begin = () =>
    world.begin({
      ...{ claim, elsewhere: false, ms: COMMAND_MS },
      repeatable: task.name !== "execute" || task.args.idempotent === true,
      status: (before) => statusOf(cmd, whoseIn(place), before),
    });
  return acting(
    gate,
    `begin ${claim}`,
    (subscriber) => {
      const execution = begin();
      if (execution === undefined) return subscriber.error(taken(cmd));
      told(world, gate, execution, (status) => {
        claims.ended(claim);
        if (status !== 0) return subscriber.error(failed(cmd));
        subscriber.next({ holds: true });
        subscriber.complete();
      });
    },
    () => world.later(LATE_MS, begin),
  );
};

const look$ = (world: World, task: WorldTask, place: Place, claim: string): Observable<CheckResult> =>
  new Observable((subscriber) => {
    const key = keyOf(claim);
    setTimeout(() => {
      const looks = (world.looks.get(key) ?? 0) + 1;
      world.looks.set(key, looks);
      if (task.name === "check" && !lookOf(task.args.cmd, whoseIn(place), looks)) {
        if (task.args.fail === true) return subscriber.error(failed(task.args.cmd, "check"));
        subscriber.next({ holds: false, message: "not yet" });
      } else subscriber.next({ holds: true });
      subscriber.complete();
    }, LOOK_MS);
  });

const whoseIn = ({ run, batch, variables }: Place): Whose => ({
  who: run?.id ?? batch?.name ?? "ensemble",
  cycle: Number(variables.batch_idx ?? 1),
});

const backendIn = (world: World, gate: Gate, claims: Claims, elsewhere: boolean): Backend => {
  /** Those that this program has handed over or found. */
  const known = new Map<string, Execution | "lost">();
  const begin = ({ name, script, token }: JobRequest) => {
    const status = (before: number) => statusOf(script, { who: name, cycle: 1 }, before);
    return world.begin({ claim: token, elsewhere, repeatable: false, ms: JOB_MS, status });
  };
  return {
    name: "fake",
    submit$: (request) =>
      acting<Handover>(
        gate,
        `submit ${request.token}`,
        (subscriber) => {
          const job = begin(request);
          if (job === undefined) return subscriber.error(taken(request.script));
          known.set(request.token, job);
          setTimeout(() => {
            gate.pass(`receipt ${request.token}`, () => {
              subscriber.next({ job: request.token });
              subscriber.complete();
            });
          }, 1);
        },
        () => world.later(elsewhere ? 0 : LATE_MS, () => begin(request)),
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
        told(world, gate, job, (status) => {
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

/** An effect that changes the world when it is subscribed to. `half`: what it still does where its program died over it. */
const acting = <T>(
  gate: Gate,
  what: string,
  act: (subscriber: Subscriber<T>) => void,
  half?: () => void,
): Observable<T> => new Observable((subscriber) => void gate.pass(what, () => act(subscriber), half));

/** That an execution has ended is told to the program, if it lives until then. */
const told = (world: World, gate: Gate, execution: Execution, then: (status: number) => void) =>
  world.heard(execution, (status) => void gate.pass(`told ${execution.claim}`, () => then(status)));

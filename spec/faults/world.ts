/**
 * A simulated world that outlives the program: commands and jobs that continue without the program, their traces, and a
 * record of everything that was ever executed. The program cannot change this record.
 */
import { clearTimers } from "./clock.js";

/** One execution of a command or a job. */
export interface Execution {
  /** The work, whatever the start: run or batch, cycle, attempt, and place in the list of tasks. */
  readonly key: string;
  readonly claim: string;
  readonly repeatable: boolean;
  /** Whether a failure of the work is ignored, so that it is done however it ends. */
  readonly ignored: boolean;
  /** Whether it runs on a scheduler, which survives a crash of this machine. */
  readonly elsewhere: boolean;
  readonly boot: string;
  /** Absent while the work runs, and for ever if the machine crashed before the end. */
  status?: number;
}

export type Trace =
  | { readonly is: "absent" | "unknown" }
  | { readonly is: "running"; readonly execution: Execution }
  | { readonly is: "ended"; readonly execution: Execution; readonly status: number };

export interface ExecutionRequest extends Pick<Execution, "claim" | "repeatable" | "ignored" | "elsewhere"> {
  readonly ms: number;
  /** Its exit status, given how often the same work was executed before. */
  readonly status: (earlier: number) => number;
}

export interface World {
  boot(): string;
  readonly executions: readonly Execution[];
  /** What happened but must never happen. */
  readonly violations: string[];
  /** The claims whose end was reported as unknown. */
  readonly unknown: Set<string>;
  /** The run directories that exist. */
  readonly directories: Set<string>;
  /** How often each check was polled. */
  readonly polls: Map<string, number>;
  /** Starts an execution, unless its claim is taken. */
  start(request: ExecutionRequest): Execution | undefined;
  /** What is known of a claim that was made under a boot id. `elsewhere`: on a scheduler, which knows all its claims. */
  trace(claim: string, boot: string, elsewhere: boolean): Trace;
  take(claim: string): void;
  forget(claim: string): void;
  /** Calls `ended` once an execution has ended, unless the program dies before that. */
  onEnd(execution: Execution, ended: (status: number) => void): void;
  /** Schedules an action on this machine, whether the program runs or not. */
  later(ms: number, act: () => void): void;
  /** Removes the timers and callbacks of a dead program. */
  removeProgram(): void;
  /** Crashes the machine: ends its commands, and with `lost` also removes their traces. */
  crash(lost: boolean): void;
  /** Whether anything still runs. */
  busy(): boolean;
}

/** The key of the work under a claim, without the number of the start. */
export const keyOf = (claim: string): string => claim.replace(/^\d+\./, "");

export const openWorld = (): World => {
  let [boot, boots] = ["boot-1", 1];
  const executions: Execution[] = [];
  const violations: string[] = [];
  const traces = new Map<string, Execution | "taken">();
  const listeners = new Map<Execution, (status: number) => void>();
  let agenda: Due[] = [];

  const plan = (due: Due) => {
    agenda.push(due);
    setTimeout(() => {
      if (!agenda.includes(due)) return;
      agenda = agenda.filter((other) => other !== due);
      due.act();
    }, due.at - Date.now());
  };

  const later = (ms: number, act: () => void, elsewhere = false) => plan({ at: Date.now() + ms, act, elsewhere });

  const removeProgram = () => {
    listeners.clear();
    clearTimers();
    const left = agenda;
    agenda = [];
    for (const due of left) plan(due);
  };

  return {
    boot: () => boot,
    executions,
    violations,
    unknown: new Set(),
    directories: new Set(),
    polls: new Map(),
    start: ({ claim, repeatable, ignored, elsewhere, ms, status }) => {
      if (traces.has(claim)) {
        if (traces.get(claim) !== "taken") violations.push(`${claim} was started under a claim that was used before`);
        return undefined;
      }
      const key = keyOf(claim);
      const same = executions.filter((other) => other.key === key);
      if (same.some((other) => isRunning(other, boot))) violations.push(`${key} was started while it was running`);
      const execution: Execution = { key, claim, repeatable, ignored, elsewhere, boot };
      executions.push(execution);
      traces.set(claim, execution);
      later(
        ms,
        () => {
          execution.status = status(same.length);
          listeners.get(execution)?.(execution.status);
        },
        elsewhere,
      );
      return execution;
    },
    trace: (claim, before, elsewhere) => {
      const execution = traces.get(claim);
      if (execution === undefined || execution === "taken") {
        return { is: elsewhere || before === boot ? "absent" : "unknown" };
      }
      const { status } = execution;
      if (status !== undefined) return { is: "ended", execution, status };
      return isRunning(execution, boot) ? { is: "running", execution } : { is: "unknown" };
    },
    take: (claim) => void traces.set(claim, "taken"),
    forget: (claim) => void traces.delete(claim),
    onEnd: (execution, ended) => {
      if (execution.status !== undefined) ended(execution.status);
      else listeners.set(execution, ended);
    },
    later: (ms, act) => later(ms, act),
    removeProgram,
    crash: (lost) => {
      boot = `boot-${++boots}`;
      agenda = agenda.filter(({ elsewhere }) => elsewhere);
      removeProgram();
      if (!lost) return;
      for (const [claim, trace] of traces) if (trace === "taken" || !trace.elsewhere) traces.delete(claim);
    },
    busy: () => agenda.length > 0,
  };
};

interface Due {
  readonly at: number;
  readonly act: () => void;
  readonly elsewhere: boolean;
}

const isRunning = ({ status, elsewhere, boot }: Execution, now: string): boolean =>
  status === undefined && (elsewhere || boot === now);

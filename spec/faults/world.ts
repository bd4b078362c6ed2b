/**
 * A world that outlives the program: commands and jobs that go on while none runs, the traces that they leave, and a
 * count of all that was ever executed, which no part of the program has a hand in.
 */
import { clearTimers } from "./clock.js";

/** One execution of a command or a job. */
export interface Execution {
  /** What it is, whatever start began it: run or batch, cycle, attempt, and place. */
  readonly key: string;
  readonly claim: string;
  readonly repeatable: boolean;
  /** Of a scheduler that goes on when this machine does not. */
  readonly elsewhere: boolean;
  readonly boot: string;
  /** Absent while it runs, and for ever if the machine fell before it ended. */
  status?: number;
}

export type Trace =
  | { readonly is: "absent" | "unknown" }
  | { readonly is: "running"; readonly execution: Execution }
  | { readonly is: "ended"; readonly execution: Execution; readonly status: number };

export interface Beginning extends Pick<Execution, "claim" | "repeatable" | "elsewhere"> {
  readonly ms: number;
  /** Its exit status, given how often it was done before. */
  readonly status: (before: number) => number;
}

export interface World {
  boot(): string;
  readonly executions: readonly Execution[];
  /** What must never happen, and did. */
  readonly wrongs: string[];
  /** The claims of which it was told that nobody knows. */
  readonly unknown: Set<string>;
  /** Run directories that there are. */
  readonly directories: Set<string>;
  /** How often a check has looked. */
  readonly looks: Map<string, number>;
  /** Begins it, unless its claim is taken: then it comes too late. */
  begin(beginning: Beginning): Execution | undefined;
  /** What is known of a claim that was made under a boot; of a scheduler elsewhere everything is. */
  trace(claim: string, boot: string, elsewhere: boolean): Trace;
  take(claim: string): void;
  forget(claim: string): void;
  /** Calls back once it has ended, and never if its program dies before. */
  heard(execution: Execution, ended: (status: number) => void): void;
  /** Something that happens on this machine, whether a program runs or not. */
  later(ms: number, act: () => void): void;
  /** The program is dead: its timers, and what it waited for, go with it. */
  bury(): void;
  /** The machine falls. Its commands are gone; and so are the traces, if they are lost. */
  fall(lost: boolean): void;
  /** Whether something goes on. */
  busy(): boolean;
}

/** The same work, whatever start has begun it. */
export const keyOf = (claim: string): string => claim.replace(/^\d+\./, "");

export const openWorld = (): World => {
  let [boot, boots] = ["boot-1", 1];
  const executions: Execution[] = [];
  const wrongs: string[] = [];
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

  const bury = () => {
    listeners.clear();
    clearTimers();
    const left = agenda;
    agenda = [];
    for (const due of left) plan(due);
  };

  return {
    boot: () => boot,
    executions,
    wrongs,
    unknown: new Set(),
    directories: new Set(),
    looks: new Map(),
    begin: ({ claim, repeatable, elsewhere, ms, status }) => {
      if (traces.has(claim)) {
        if (traces.get(claim) !== "taken") wrongs.push(`${claim} was begun under a claim that it had used before`);
        return undefined;
      }
      const key = keyOf(claim);
      const same = executions.filter((other) => other.key === key);
      if (same.some((other) => isRunning(other, boot))) wrongs.push(`${key} was begun while it ran`);
      const execution: Execution = { key, claim, repeatable, elsewhere, boot };
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
    heard: (execution, ended) => {
      if (execution.status !== undefined) ended(execution.status);
      else listeners.set(execution, ended);
    },
    later: (ms, act) => later(ms, act),
    bury,
    fall: (lost) => {
      boot = `boot-${++boots}`;
      agenda = agenda.filter(({ elsewhere }) => elsewhere);
      bury();
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

/** The gate between a simulated program and its world. It counts the steps, and the program can die at one of them. */

/** The death of a program: before a step, in the middle of it, or after it but before the program gets its result. */
export interface Death {
  /** The number of the step, from 1. */
  readonly at: number;
  readonly when: "before" | "half" | "after";
}

export interface Gate {
  dead(): boolean;
  /** The names of the steps, in order. */
  readonly steps: readonly string[];
  /** Does a step that changes the world. Undefined if the program is dead. `half`: the change if it dies in the middle. */
  pass<T>(name: string, act: () => T, half?: () => void): { readonly value: T } | undefined;
  /** Kills the program now. */
  die(): void;
}

export const openGate = (death?: Death): Gate => {
  let dead = false;
  const steps: string[] = [];
  return {
    dead: () => dead,
    steps,
    pass: (name, act, half = () => undefined) => {
      if (dead) return undefined;
      steps.push(name);
      if (steps.length !== death?.at) return { value: act() };
      dead = true;
      if (death.when === "half") half();
      if (death.when === "after") act();
      return undefined;
    },
    die: () => {
      dead = true;
    },
  };
};

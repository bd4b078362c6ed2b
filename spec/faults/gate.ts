/** The gate between a simulated program and its world: it counts each step, and the program can die at one of them. */

/** Where a program dies: before its n-th step, in the middle of it, or after it but before the program learns of that. */
export interface Death {
  /** The number of the step, from 1. */
  readonly at: number;
  readonly when: "before" | "half" | "after";
}

export interface Gate {
  dead(): boolean;
  /** The names of the steps, in order. */
  readonly steps: readonly string[];
  /** Does a step that changes the world. Undefined if the program is dead by then. `half`: what a death in the middle does. */
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

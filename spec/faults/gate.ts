/** What stands between a program and its world: each step of it is counted, and at one of them the program may die. */

/** Where a program dies: before its n-th step, in the middle of it, or after it and before it hears of that. */
export interface Death {
  /** From 1. */
  readonly at: number;
  readonly when: "before" | "half" | "after";
}

export interface Gate {
  dead(): boolean;
  /** What each step was, in order. */
  readonly steps: readonly string[];
  /** Does a step that changes the world. Nothing comes back if the program is dead by then. `half`: a part of it. */
  pass<T>(what: string, act: () => T, half?: () => void): { readonly value: T } | undefined;
  /** Dies now. */
  die(): void;
}

export const openGate = (death?: Death): Gate => {
  let dead = false;
  const steps: string[] = [];
  return {
    dead: () => dead,
    steps,
    pass: (what, act, half = () => undefined) => {
      if (dead) return undefined;
      steps.push(what);
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

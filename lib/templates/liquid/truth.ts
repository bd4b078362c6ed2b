/**
 * Python's truth for Liquid templates. Liquid itself finds `""`, `0`, `0.0` and `[]` true, and JavaScript the last two of
 * these.
 */
import { defaultOperators, IfTag, type Liquid, type Operators, UnlessTag, type Value } from "liquidjs";
import { Float } from "../../plan/values.js";

/** Whether a value is true in Python: every number but 0, and every value that is not empty. */
export const isTrue = (value: unknown): boolean => {
  if (value instanceof Float) return value.valueOf() !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (isMapping(value)) return Object.keys(value).length > 0;
  return Boolean(value);
};

/** Whether a value is a mapping of a run, not an object that LiquidJS makes itself, such as `forloop`. */
export const isMapping = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** The operators of conditions, with Python's truth. */
export const operators: Operators = {
  ...defaultOperators,
  not: (value: unknown) => !isTrue(value),
  and: (left: unknown, right: unknown) => isTrue(left) && isTrue(right),
  or: (left: unknown, right: unknown) => isTrue(left) || isTrue(right),
};

/** Gives `if` and `unless` Python's truth. LiquidJS has no option for this, but its tags can be extended. */
export const registerTruth = (engine: Liquid): void => {
  engine.registerTag(
    "if",
    class extends IfTag {
      constructor(...parts: ConstructorParameters<typeof IfTag>) {
        super(...parts);
        for (const { value } of this.branches) coerceToBoolean(value);
      }
    },
  );
  engine.registerTag(
    "unless",
    class extends UnlessTag {
      constructor(...parts: ConstructorParameters<typeof UnlessTag>) {
        super(...parts);
        for (const { value } of this.branches) coerceToBoolean(value);
      }
    },
  );
};

/** Makes a condition's value `true` or `false`, so that LiquidJS and Python agree on it. */
const coerceToBoolean = (condition: Value): void => {
  const evaluate = condition.value.bind(condition);
  condition.value = function* (context, lenient) {
    return isTrue(yield evaluate(context, lenient));
  };
};

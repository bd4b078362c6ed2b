/**
 * What counts as true in Liquid templates: what does in Python. Liquid itself takes `""`, `0`, `0.0` and `[]` for true,
 * and JavaScript takes the last two for it.
 */
import { defaultOperators, IfTag, type Liquid, type Operators, UnlessTag, type Value } from "liquidjs";
import { Float } from "../../plan/values.js";

/** Whether a value is true as Python sees it: numbers but 0, and all that is not empty. */
export const isTrue = (value: unknown): boolean => {
  if (value instanceof Float) return value.valueOf() !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (isMapping(value)) return Object.keys(value).length > 0;
  return Boolean(value);
};

/** Whether it is a mapping of a run, and none of the objects that LiquidJS itself makes, such as `forloop`. */
export const isMapping = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** The operators of conditions, with that truth. */
export const operators: Operators = {
  ...defaultOperators,
  not: (value: unknown) => !isTrue(value),
  and: (left: unknown, right: unknown) => isTrue(left) && isTrue(right),
  or: (left: unknown, right: unknown) => isTrue(left) || isTrue(right),
};

/** Gives `if` and `unless` that truth. LiquidJS has no option for it, but its tags can be derived from. */
export const registerTruth = (engine: Liquid): void => {
  engine.registerTag(
    "if",
    class extends IfTag {
      constructor(...parts: ConstructorParameters<typeof IfTag>) {
        super(...parts);
        for (const { value } of this.branches) judge(value);
      }
    },
  );
  engine.registerTag(
    "unless",
    class extends UnlessTag {
      constructor(...parts: ConstructorParameters<typeof UnlessTag>) {
        super(...parts);
        for (const { value } of this.branches) judge(value);
      }
    },
  );
};

/** From here on a condition's value is `true` or `false`, on which all agree. */
const judge = (condition: Value): void => {
  const evaluate = condition.value.bind(condition);
  condition.value = function* (context, lenient) {
    return isTrue(yield evaluate(context, lenient));
  };
};

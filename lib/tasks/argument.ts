/** The values of task arguments, checked once more so that no wrong value gets into a path or a command. */
import { Abandon } from "../events/failure.js";
import { lookUp, referencesIn, resolved } from "../plan/references.js";
import { isNumeric, isVariables, Timestamp, type Variables } from "../plan/values.js";

/** Arguments by name, with every `run.` reference replaced; a value may have any type. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Replaces every reference. Fails as `refused` if a reference has no value. */
export const argumentsOf = (args: object, variables: Variables): Arguments => {
  for (const [name, value] of Object.entries(args)) {
    const dangling = referencesIn(value).find(({ path }) => (lookUp(variables, path) ?? null) === null);
    if (dangling !== undefined) throw refused(name, `\`${dangling.text}\` has no value`);
  }
  return resolved({ ...args }, variables);
};

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** A text that is not empty; a number or a date as it prints. */
export const demandText = (name: string, value: unknown): string => {
  if (isNumeric(value) || value instanceof Timestamp) return String(value);
  if (typeof value !== "string" || value === "") throw wrong(name, value, "a text that is not empty");
  if (value.includes("\0")) throw refused(name, "it holds a NUL character");
  return value;
};

/** The text of an argument, or undefined if the argument is not given. */
export const textIn = (args: Arguments, name: string): string | undefined =>
  isGiven(args[name]) ? demandText(name, args[name]) : undefined;

/** The texts of an argument that is one text or a list of texts; none if it is not given. */
export const textsIn = (args: Arguments, name: string): readonly string[] => {
  const value = args[name];
  if (!isGiven(value)) return [];
  return Array.isArray(value) ? value.map((item: unknown) => demandText(name, item)) : [demandText(name, value)];
};

/** A whole number, or its digits. */
export const integerIn = (args: Arguments, name: string): number => {
  const value = args[name];
  const number = isNumeric(value) || (typeof value === "string" && /^\d+$/.test(value)) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 0) throw wrong(name, value, "a whole number");
  return number;
};

/** True or false; the number 0 is false, as in Python. False if not given. */
export const flagIn = (args: Arguments, name: string): boolean => {
  const value = args[name];
  if (!isGiven(value)) return false;
  if (typeof value === "boolean") return value;
  if (isNumeric(value)) return Number(value) !== 0;
  throw wrong(name, value, "true or false");
};

export const refused = (path: string, message: string): Abandon => new Abandon({ reason: "refused", path, message });

const wrong = (name: string, value: unknown, expected: string): Abandon =>
  refused(name, `it must be ${expected}, but is ${described(value)}`);

const described = (value: unknown): string => {
  if (!isGiven(value)) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value === "" ? "empty" : JSON.stringify(value);
  return typeof value === "object" && isVariables(value) ? "a mapping" : String(value);
};

/** The values of arguments. Reading a configuration has looked at them; here nothing wrong gets into a path or a command. */
import { Abandon } from "../events/failure.js";
import { lookUp, referencesIn, resolved } from "../plan/references.js";
import { isNumeric, isVariables, Timestamp, type Variables } from "../plan/values.js";

/** Arguments by name, as they are once every `run.` has been replaced: of any kind. */
export type Arguments = Readonly<Record<string, unknown>>;

/** The arguments with every reference replaced. Fails as `refused` where one stands for nothing. */
export const argumentsOf = (args: object, variables: Variables): Arguments => {
  for (const [name, value] of Object.entries(args)) {
    const nothing = referencesIn(value).find(({ path }) => (lookUp(variables, path) ?? null) === null);
    if (nothing !== undefined) throw refused(name, `\`${nothing.text}\` stands for nothing`);
  }
  return resolved({ ...args }, variables);
};

export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** A text that is not empty; a number or a date is taken as it prints. */
export const wordOf = (name: string, value: unknown): string => {
  if (isNumeric(value) || value instanceof Timestamp) return String(value);
  if (typeof value !== "string" || value === "") throw wrong(name, value, "a text that is not empty");
  if (value.includes("\0")) throw refused(name, "it holds a NUL character");
  return value;
};

/** The same, where it is given. */
export const wordIn = (args: Arguments, name: string): string | undefined =>
  isGiven(args[name]) ? wordOf(name, args[name]) : undefined;

/** A text, or a list of them. */
export const wordsIn = (args: Arguments, name: string): readonly string[] => {
  const value = args[name];
  if (!isGiven(value)) return [];
  return Array.isArray(value) ? value.map((item: unknown) => wordOf(name, item)) : [wordOf(name, value)];
};

/** A whole number, or its digits. */
export const wholeIn = (args: Arguments, name: string): number => {
  const value = args[name];
  const number = isNumeric(value) || (typeof value === "string" && /^\d+$/.test(value)) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < 0) throw wrong(name, value, "a whole number");
  return number;
};

/** True or false; of numbers, as Python has it, 0 is false. Not given, it is false. */
export const flagIn = (args: Arguments, name: string): boolean => {
  const value = args[name];
  if (!isGiven(value)) return false;
  if (typeof value === "boolean") return value;
  if (isNumeric(value)) return Number(value) !== 0;
  throw wrong(name, value, "true or false");
};

export const refused = (path: string, message: string): Abandon => new Abandon({ reason: "refused", path, message });

const wrong = (name: string, value: unknown, expected: string): Abandon =>
  refused(name, `it has to be ${expected}, and is ${described(value)}`);

const described = (value: unknown): string => {
  if (!isGiven(value)) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value === "" ? "empty" : JSON.stringify(value);
  return typeof value === "object" && isVariables(value) ? "a mapping" : String(value);
};

/** The values of arguments: what a `run.` reference stands for may turn out to be of the wrong kind. */
import { Abandon } from "../failure.js";
import { isNumeric } from "../values.js";

/** Text that is not empty. Numbers are taken as they print. Fails as `refused`. */
export const wordOf = (name: string, value: unknown): string => {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  if (isNumeric(value)) return String(value);
  throw wrong(name, value, "text that is not empty");
};

/** A number. Fails as `refused`. */
export const numberOf = (name: string, value: unknown): number => {
  const number =
    typeof value === "string" && value.trim() !== "" ? Number(value) : isNumeric(value) ? Number(value) : NaN;
  if (Number.isNaN(number)) throw wrong(name, value, "a number");
  return number;
};

/** One text or a list of them. Fails as `refused`. */
export const wordsOf = (name: string, value: unknown): readonly string[] => {
  if (value === undefined || value === null || value === "") return [];
  return Array.isArray(value) ? value.map((item) => wordOf(name, item)) : [wordOf(name, value)];
};

const wrong = (name: string, value: unknown, expected: string): Abandon =>
  new Abandon({ reason: "refused", path: name, message: `it has to be ${expected}, and is ${JSON.stringify(value)}` });

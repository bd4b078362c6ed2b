/** The names of command logs. */

/** `execute_command.<HHMMSS.micros>.log`, by the local time, as the Python tool has it. No two are the same. */
export const logName = (): string => {
  latest = Math.max(Date.now() * 1000, latest + 1);
  const date = new Date(latest / 1000);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join("");
  return `execute_command.${time}.${digits(latest % 1_000_000, 6)}.log`;
};

/** The time of the last one, in microseconds: where two fall into one moment, the second counts as a little later. */
let latest = 0;

const digits = (number: number, width: number): string => String(number).padStart(width, "0");

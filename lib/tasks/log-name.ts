/** Names of command logs. */

/** `execute_command.<HHMMSS.micros>.log` in local time, as in the Python tool. Each name is unique. */
export const logName = (): string => {
  latest = Math.max(Date.now() * 1000, latest + 1);
  const date = new Date(latest / 1000);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => digits(part, 2)).join("");
  return `execute_command.${time}.${digits(latest % 1_000_000, 6)}.log`;
};

/** The time in the last name, in microseconds: a second log of the same moment gets a later time. */
let latest = 0;

const digits = (number: number, width: number): string => String(number).padStart(width, "0");

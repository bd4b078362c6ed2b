/** `moment.strftime(format)`: the directives of C's strftime in the C locale. */
import { fail } from "../problem.js";
import type { Moment } from "../values/dates.js";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");

export const strftime = (moment: Moment, format: string): string =>
  format.replace(/%([-_0^#]?)([A-Za-z%])|%/g, (all: string, flag: string | undefined, letter: string | undefined) => {
    const text = letter === undefined ? undefined : directive(moment, letter);
    if (text === undefined) return fail(`strftime does not support '${all}' here`);
    if (flag === "-") return text.replace(/^[0 ]+(?=\d)/, "");
    if (flag === "_") return text.replace(/^0+(?=\d)/, (zeros) => " ".repeat(zeros.length));
    if (flag === "0") return text.replace(/^ +/, (blanks) => "0".repeat(blanks.length));
    return flag === "^" ? text.toUpperCase() : flag === "#" ? fail(`strftime does not support '${all}' here`) : text;
  });

const pad = (number: number, width = 2, fill = "0"): string => String(number).padStart(width, fill);

const directive = (moment: Moment, letter: string): string | undefined => {
  const { date, year } = moment;
  const [month, day, hour] = [date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()];
  const clock = `${pad(hour)}:${pad(date.getUTCMinutes())}`;
  const [weekday, dayOfYear] = [date.getUTCDay(), ordinal(date)];
  switch (letter) {
    case "Y":
      return String(year);
    case "C":
      return pad(Math.floor(year / 100));
    case "y":
      return pad(year % 100);
    case "m":
      return pad(month + 1);
    case "d":
      return pad(day);
    case "e":
      return pad(day, 2, " ");
    case "H":
      return pad(hour);
    case "k":
      return pad(hour, 2, " ");
    case "I":
      return pad(hour % 12 === 0 ? 12 : hour % 12);
    case "M":
      return pad(date.getUTCMinutes());
    case "S":
      return pad(date.getUTCSeconds());
    case "f":
      return pad(moment.microsecond, 6);
    case "j":
      return pad(dayOfYear, 3);
    case "a":
      return (DAYS[weekday] ?? "").slice(0, 3);
    case "A":
      return DAYS[weekday];
    case "b":
    case "h":
      return (MONTHS[month] ?? "").slice(0, 3);
    case "B":
      return MONTHS[month];
    case "p":
      return hour < 12 ? "AM" : "PM";
    case "w":
      return String(weekday);
    case "u":
      return String(weekday === 0 ? 7 : weekday);
    case "U":
      return pad(Math.floor((dayOfYear + 6 - weekday) / 7));
    case "W":
      return pad(Math.floor((dayOfYear + 6 - ((weekday + 6) % 7)) / 7));
    case "V":
      return pad(isoWeek(date).week);
    case "G":
      return String(isoWeek(date).year);
    case "F":
      return `${year}-${pad(month + 1)}-${pad(day)}`;
    case "D":
    case "x":
      return `${pad(month + 1)}/${pad(day)}/${pad(year % 100)}`;
    case "R":
      return clock;
    case "T":
    case "X":
      return `${clock}:${pad(date.getUTCSeconds())}`;
    case "z":
      return moment.zone("");
    case "Z":
      return moment.offset === undefined ? "" : moment.offset === 0 ? "UTC" : `UTC${moment.zone(":")}`;
    case "%":
      return "%";
    case "n":
      return "\n";
    case "t":
      return "\t";
    default:
      return undefined;
  }
};

const DAY_MS = 86_400_000;

/** The day of the year, from 1. */
const ordinal = (date: Date): number => {
  const first = new Date(0);
  first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - first.getTime()) / DAY_MS) + 1;
};

/** The ISO week of a date. A week belongs to the year that holds its Thursday. */
export const isoWeek = (date: Date): { year: number; week: number } => {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() === 0 ? 7 : date.getUTCDay())) * DAY_MS);
  return { year: thursday.getUTCFullYear(), week: Math.floor((ordinal(thursday) - 1) / 7) + 1 };
};

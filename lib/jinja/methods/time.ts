/** Attributes and methods of dates, times and time differences. */
import { isoWeek, strftime } from "../format/strftime.js";
import { fail } from "../problem.js";
import { Tuple } from "../values/containers.js";
import { Delta, Moment } from "../values/dates.js";
import { boxed, toInteger } from "../values/numbers.js";
import { REQUIRED } from "../values/signature.js";
import { str } from "../values/text.js";
import { Callable, type Py } from "../values/values.js";
import { type Methods, method, property } from "./method.js";

const isoDay = (self: Moment): number => (self.date.getUTCDay() === 0 ? 7 : self.date.getUTCDay());

const PARTS = ["year", "month", "day", "hour", "minute", "second", "microsecond"] as const;
type Part = (typeof PARTS)[number];

const partOf = (self: Moment, part: Part): number => {
  const { date } = self;
  switch (part) {
    case "year":
      return self.year;
    case "month":
      return date.getUTCMonth() + 1;
    case "day":
      return date.getUTCDate();
    case "hour":
      return date.getUTCHours();
    case "minute":
      return date.getUTCMinutes();
    case "second":
      return date.getUTCSeconds();
    case "microsecond":
      return self.microsecond;
  }
};

const replaced = (self: Moment, ...given: Py[]): Moment => {
  const parts = PARTS.map((part, index) => {
    const value = given[index] ?? null;
    if (value !== null && index > 2 && !self.hasTime) fail(`'${part}' is an invalid keyword argument for replace()`);
    return value === null ? partOf(self, part) : toInteger(value);
  });
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, micro = 0] = parts;
  const instant = new Date(0);
  instant.setUTCFullYear(year, month - 1, day);
  instant.setUTCHours(hour, minute, second);
  const moment = new Moment(BigInt(instant.getTime()) * 1000n + BigInt(micro), self.hasTime, self.offset);
  if (PARTS.some((part, index) => partOf(moment, part) !== parts[index])) fail("day is out of range for month");
  return moment;
};

const dayOf = ({ micros }: Moment): Moment =>
  new Moment(micros - (((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n), false);

export const MOMENT: Methods<Moment> = new Map([
  ...PARTS.slice(0, 3).map((part) => property(part, (self: Moment) => partOf(self, part))),
  ...PARTS.slice(3).map((part) => property(part, (self: Moment) => (self.hasTime ? partOf(self, part) : undefined))),
  method("strftime", { format: REQUIRED }, (self: Moment, format: Py) => strftime(self, str(format))),
  method("isoformat", { "/sep": "T" }, (self: Moment, between: Py) => self.iso(str(between))),
  method("weekday", {}, (self: Moment) => isoDay(self) - 1),
  method("isoweekday", {}, isoDay),
  method("isocalendar", {}, (self: Moment) => {
    const { year, week } = isoWeek(self.date);
    return new Tuple([year, week, isoDay(self)]);
  }),
  method("toordinal", {}, (self: Moment) => Math.floor(self.date.getTime() / 86_400_000) + 719_163),
  property("date", (self: Moment) => (self.hasTime ? new Callable("date", () => dayOf(self)) : undefined)),
  method("replace", Object.fromEntries(PARTS.map((part) => [part, null])), replaced),
]);

export const DELTA: Methods<Delta> = new Map([
  property("days", (self: Delta): Py => self.days),
  property("seconds", (self: Delta): Py => self.seconds),
  property("microseconds", (self: Delta): Py => self.microseconds),
  method("total_seconds", {}, (self: Delta) => boxed(Number(self.micros) / 1_000_000)),
]);

/** Dates and times: PyYAML's values for a timestamp, with Python's printing and arithmetic. */
import { Timestamp } from "../../plan/values.js";
import { fail } from "../problem.js";
import { type Py, PyObject } from "./values.js";

const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/;

const DAY = 86_400_000_000n;

/** A datetime.date, or with a time, a datetime.datetime. Stored in microseconds since 1970, as if its zone were UTC. */
export class Moment extends PyObject {
  readonly type: string;
  readonly date: Date;
  readonly microsecond: number;
  constructor(
    readonly micros: bigint,
    readonly hasTime: boolean,
    /** Minutes east of UTC, for a time with a zone. */
    readonly offset?: number,
  ) {
    super();
    this.type = hasTime ? "datetime.datetime" : "datetime.date";
    this.date = new Date(Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n));
    this.microsecond = Number(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n);
    if (this.year < 1 || this.year > 9999) fail("date value out of range");
  }
  get year(): number {
    return this.date.getUTCFullYear();
  }
  override repr(): string {
    const { date } = this;
    const parts = [this.year, date.getUTCMonth() + 1, date.getUTCDate()];
    if (!this.hasTime) return `datetime.date(${parts.join(", ")})`;
    parts.push(date.getUTCHours(), date.getUTCMinutes());
    if (date.getUTCSeconds() !== 0 || this.microsecond !== 0) parts.push(date.getUTCSeconds());
    if (this.microsecond !== 0) parts.push(this.microsecond);
    return `datetime.datetime(${parts.join(", ")}${this.#zoneRepr()})`;
  }
  #zoneRepr(): string {
    if (this.offset === undefined) return "";
    if (this.offset === 0) return ", tzinfo=datetime.timezone.utc";
    const days = Math.floor(this.offset / 1440);
    const seconds = (this.offset - days * 1440) * 60;
    return `, tzinfo=datetime.timezone(datetime.timedelta(${[days === 0 ? "" : `days=${days}`, seconds === 0 ? "" : `seconds=${seconds}`].filter((part) => part !== "").join(", ")}))`;
  }
  override str(): string {
    return this.iso(" ");
  }
  iso(separator: string): string {
    const text = this.date.toISOString();
    const day = text.slice(0, 10);
    if (!this.hasTime) return day;
    const micros = this.microsecond === 0 ? "" : `.${String(this.microsecond).padStart(6, "0")}`;
    return `${day}${separator}${text.slice(11, 19)}${micros}${this.zone(":")}`;
  }
  zone(separator: string): string {
    if (this.offset === undefined) return "";
    const size = Math.abs(this.offset);
    const pair = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0"));
    return `${this.offset < 0 ? "-" : "+"}${pair.join(separator)}`;
  }
  /** Microseconds since 1970 in UTC, for comparing moments. */
  absolute(): bigint {
    return this.micros - BigInt(this.offset ?? 0) * 60_000_000n;
  }
  /** Negative, zero or positive. Fails if one time has a zone and the other has none. */
  compared(other: Moment): number {
    if ((this.offset === undefined) !== (other.offset === undefined))
      fail("can't compare offset-naive and offset-aware datetimes");
    return Number(this.absolute() - other.absolute());
  }
  override same(other: Py): boolean {
    if (!(other instanceof Moment) || other.hasTime !== this.hasTime) return false;
    return (this.offset === undefined) === (other.offset === undefined) && this.absolute() === other.absolute();
  }
  override hash(): unknown {
    return `\0${this.type} ${this.absolute()} ${this.offset === undefined}`;
  }
}

/** A datetime.timedelta: the difference of two moments. */
export class Delta extends PyObject {
  readonly type = "datetime.timedelta";
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;
  constructor(readonly micros: bigint) {
    super();
    const rest = ((micros % DAY) + DAY) % DAY;
    this.days = Number((micros - rest) / DAY);
    this.seconds = Number(rest / 1_000_000n);
    this.microseconds = Number(rest % 1_000_000n);
  }
  override truth(): boolean {
    return this.micros !== 0n;
  }
  override str(): string {
    const [hours, minutes, seconds] = [
      Math.floor(this.seconds / 3600),
      Math.floor(this.seconds / 60) % 60,
      this.seconds % 60,
    ];
    const days = this.days === 0 ? "" : `${this.days} day${Math.abs(this.days) === 1 ? "" : "s"}, `;
    const micros = this.microseconds === 0 ? "" : `.${String(this.microseconds).padStart(6, "0")}`;
    return `${days}${hours}:${String(minutes).padStart(2, "0")}:${String(seconds).padStart(2, "0")}${micros}`;
  }
  override repr(): string {
    const parts = Object.entries({ days: this.days, seconds: this.seconds, microseconds: this.microseconds });
    const given = parts.filter(([, amount]) => amount !== 0).map(([name, amount]) => `${name}=${amount}`);
    return `datetime.timedelta(${given.length === 0 ? "0" : given.join(", ")})`;
  }
  override hash(): unknown {
    return `\0delta ${this.micros}`;
  }
  override same(other: Py): boolean {
    return other instanceof Delta && other.micros === this.micros;
  }
}

const moments = new WeakMap<Timestamp, Moment>();

/** The moment of a timestamp in the configuration, shared by all renderings. */
export const momentOf = (timestamp: Timestamp): Moment => {
  const cached = moments.get(timestamp);
  if (cached !== undefined) return cached;
  const moment = read(timestamp);
  moments.set(timestamp, moment);
  return moment;
};

const read = (timestamp: Timestamp): Moment => {
  const parts = TIMESTAMP.exec(timestamp.text);
  if (parts === null) return fail(`'${timestamp.text}' is not a date`);
  const part = (index: number): number => Number(parts[index] ?? 0);
  const instant = new Date(0);
  instant.setUTCFullYear(part(1), part(2) - 1, part(3));
  instant.setUTCHours(part(4), part(5), part(6));
  const fraction = Number((parts[7] ?? "").slice(0, 6).padEnd(6, "0"));
  const minutes = (part(10) * 60 + part(11)) * (parts[9] === "-" ? -1 : 1);
  const offset = parts[8] === undefined ? undefined : parts[8] === "Z" ? 0 : minutes;
  return new Moment(BigInt(instant.getTime()) * 1000n + BigInt(fraction), parts[4] !== undefined, offset);
};

/** `moment - moment`, `moment ± delta`, `delta ± delta`; undefined for anything else. */
export const timeArithmetic = (operator: "+" | "-", left: Py, right: Py): Py | undefined => {
  const sign = operator === "+" ? 1n : -1n;
  if (left instanceof Moment && right instanceof Moment && operator === "-" && left.hasTime === right.hasTime) {
    left.compared(right);
    return new Delta(left.absolute() - right.absolute());
  }
  if (left instanceof Delta && right instanceof Delta) return new Delta(left.micros + sign * right.micros);
  if (left instanceof Moment && right instanceof Delta) return shifted(left, sign * right.micros);
  if (left instanceof Delta && right instanceof Moment && operator === "+") return shifted(right, left.micros);
  return undefined;
};

const shifted = (moment: Moment, micros: bigint): Moment => {
  // A date moves by whole days only.
  const by = moment.hasTime ? micros : BigInt(new Delta(micros).days) * DAY;
  return new Moment(moment.micros + by, moment.hasTime, moment.offset);
};

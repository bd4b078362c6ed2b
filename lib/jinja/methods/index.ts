/** The methods and attributes of Python's types that templates may use. */
import { Float } from "../../plan/values.js";
import { boundedText } from "../limits.js";
import { fail } from "../problem.js";
import { Dict, DictView, Range, Tuple } from "../values/containers.js";
import { Delta, Moment } from "../values/dates.js";
import { escaped, Markup } from "../values/markup.js";
import { Callable, isIntLike, type Py } from "../values/values.js";
import { DICT, LIST, RANGE, SEQUENCE } from "./containers.js";
import type { Methods } from "./method.js";
import { FLOAT, INT } from "./numbers.js";
import { TEXT } from "./text.js";
import { DELTA, MOMENT } from "./time.js";

export const methodOf = (value: Py, name: string): Py | undefined => {
  if (typeof value === "string") return bound(TEXT, value, name, KNOWN.str);
  if (value instanceof Dict) return bound(DICT, value, name, KNOWN.dict);
  if (Array.isArray(value)) return bound(LIST, value, name, KNOWN.list);
  if (value instanceof Tuple) return bound(SEQUENCE, value.items, name, []);
  if (isIntLike(value)) return bound(INT, value, name, KNOWN.int);
  if (value instanceof Float) return bound(FLOAT, value.valueOf(), name, KNOWN.float);
  if (value instanceof Moment) return bound(MOMENT, value, name, KNOWN.datetime);
  if (value instanceof Delta) return bound(DELTA, value, name, KNOWN.timedelta);
  if (value instanceof Range) return bound(RANGE, value, name, []);
  if (value instanceof Markup) return ofMarkup(value, name);
  if (value instanceof DictView && ["isdisjoint", "mapping"].includes(name)) return unsupported(value.type, name);
  return undefined;
};

const bound = <T>(methods: Methods<T>, self: T, name: string, known: readonly string[]): Py | undefined => {
  const found = methods.get(name);
  if (found === undefined) return known.includes(name) ? unsupported("value", name) : undefined;
  return "value" in found ? found.value(self) : new Callable(name, (args) => bounded(found.call(self, args)));
};

const bounded = (value: Py): Py => (typeof value === "string" ? boundedText(value) : value);

const unsupported = (type: string, name: string): never =>
  fail(`the attribute '${name}' of this ${type} exists in Python, but is not supported here`);

/** Methods that return marked text; they escape their arguments first. */
const MARKED = new Set(
  "capitalize center expandtabs join ljust lower lstrip partition replace rjust rpartition rsplit rstrip split splitlines strip swapcase title upper zfill".split(
    " ",
  ),
);

const ofMarkup = (value: Markup, name: string): Py | undefined => {
  if (name === "format") return unsupported("escaped text", name);
  const plain = methodOf(value.text, name);
  if (!(plain instanceof Callable) || !MARKED.has(name)) return plain;
  return new Callable(name, ({ positional, named }) => marked(plain.call({ positional: positional.map(safe), named })));
};

const safe = (value: Py): Py => {
  if (Array.isArray(value)) return value.map(safe);
  return typeof value === "string" ? escaped(value).text : value;
};

const marked = (value: Py): Py => {
  if (Array.isArray(value)) return value.map(marked);
  if (value instanceof Tuple) return new Tuple(value.items.map(marked));
  return typeof value === "string" ? new Markup(value) : value;
};

const KNOWN = {
  str: ["encode", "format_map", "maketrans", "translate"],
  dict: ["fromkeys"],
  list: [],
  int: ["as_integer_ratio", "from_bytes", "to_bytes"],
  float: ["as_integer_ratio", "fromhex", "hex"],
  datetime: [
    "astimezone",
    "combine",
    "ctime",
    "dst",
    "fold",
    "fromisocalendar",
    "fromisoformat",
    "fromordinal",
    "fromtimestamp",
    "max",
    "min",
    "now",
    "resolution",
    "strptime",
    "timetuple",
    "timetz",
    "time",
    "timestamp",
    "today",
    "tzinfo",
    "tzname",
    "utcfromtimestamp",
    "utcnow",
    "utcoffset",
    "utctimetuple",
  ],
  timedelta: ["max", "min", "resolution"],
} as const;

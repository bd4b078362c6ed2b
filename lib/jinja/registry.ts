/** All filters and tests by name. */
import type { Filter, Lookup, Test } from "./filters/filter.js";
import { LIST_FILTERS } from "./filters/lists.js";
import { NUMBER_FILTERS } from "./filters/numbers.js";
import { selectFilters } from "./filters/select.js";
import { testsWith } from "./filters/tests.js";
import { TEXT_FILTERS } from "./filters/text.js";
import { VALUE_FILTERS } from "./filters/values.js";

/** Filters and tests that apply others by name get this lookup: importing the tables would make a circle. */
const lookup: Lookup = { filter: (name) => FILTERS.get(name), test: (name) => TESTS.get(name) };

export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  ...selectFilters(lookup),
  ...TEXT_FILTERS,
  ...VALUE_FILTERS,
]);

export const TESTS: ReadonlyMap<string, Test> = new Map(testsWith(lookup));

/** Filters that Jinja2 has for web pages and this engine has not. */
export const UNSUPPORTED_FILTERS: ReadonlySet<string> = new Set(["striptags", "urlize", "xmlattr"]);

/** All filters and tests by name. */
import type { Filter, Lookup, Test } from "./filters/filter.js";
import { LIST_FILTERS } from "./filters/lists.js";
import { NUMBER_FILTERS } from "./filters/numbers.js";
import { selectFilters } from "./filters/select.js";
import { testsWith } from "./filters/tests.js";
import { TEXT_FILTERS } from "./filters/text.js";
import { VALUE_FILTERS } from "./filters/values.js";

/** Lets filters and tests apply others by name. If they imported the tables, the imports would be circular. */
const lookup: Lookup = { filter: (name) => FILTERS.get(name), test: (name) => TESTS.get(name) };

export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  ...selectFilters(lookup),
  ...TEXT_FILTERS,
  ...VALUE_FILTERS,
]);

export const TESTS: ReadonlyMap<string, Test> = new Map(testsWith(lookup));

/** Jinja2's filters for web pages, which this engine does not have. */
export const UNSUPPORTED_FILTERS: ReadonlySet<string> = new Set(["striptags", "urlize", "xmlattr"]);

/** All filters by name. */
import type { Filter } from "./filter.js";
import { LIST_FILTERS } from "./filters-lists.js";
import { NUMBER_FILTERS } from "./filters-numbers.js";
import { SELECT_FILTERS } from "./filters-select.js";
import { TEXT_FILTERS } from "./filters-text.js";
import { VALUE_FILTERS } from "./filters-values.js";

export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  ...SELECT_FILTERS,
  ...TEXT_FILTERS,
  ...VALUE_FILTERS,
]);

/** Filters that Jinja2 has for web pages and this engine has not. */
export const UNSUPPORTED_FILTERS: ReadonlySet<string> = new Set(["striptags", "urlize", "xmlattr"]);

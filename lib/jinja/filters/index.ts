/** All filters by name. */
import type { Filter } from "./filter.js";
import { LIST_FILTERS } from "./lists.js";
import { NUMBER_FILTERS } from "./numbers.js";
import { SELECT_FILTERS } from "./select.js";
import { TEXT_FILTERS } from "./text.js";
import { VALUE_FILTERS } from "./values.js";

export const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...LIST_FILTERS,
  ...NUMBER_FILTERS,
  ...SELECT_FILTERS,
  ...TEXT_FILTERS,
  ...VALUE_FILTERS,
]);

/** Filters that Jinja2 has for web pages and this engine has not. */
export const UNSUPPORTED_FILTERS: ReadonlySet<string> = new Set(["striptags", "urlize", "xmlattr"]);

/** The types of values in the schema. The `error` of each ends the sentence "… must be", in messages. */
import { z } from "zod";
import { isVariables, type Variables } from "../../plan/values.js";

export const text = z.string({ error: "a string" }).min(1, { error: "a string that is not empty" });

export const flag = z.boolean({ error: "true or false" });

export const seconds = z.number({ error: "a number of seconds" }).positive({ error: "a number of seconds above 0" });

/** A mapping of any names to any values; only templates and references look inside. */
export const variables = z
  .custom<Variables>(isVariables, { error: "a mapping of variables, `name: value`" })
  .meta({ type: "object" });

/** A file below the directory of a run. */
export const relativeFile = text.regex(/^(?!\/)(?!(?:[^\n]*\/)?\.\.(?:\/|$))(?!(?:\.?\/)*\.?$)[^\n]+$/, {
  error: "the relative path of a file, without `..`",
});

const MAX_CONCURRENCY = 1_000_000_000;
export const concurrency = z
  .int({ error: "a whole number of at least 1" })
  .min(1, { error: "a whole number of at least 1" })
  .max(MAX_CONCURRENCY, { error: `at most ${MAX_CONCURRENCY} (practically no limit)` });

export const name = text.regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
  error: "1 to 128 letters, digits, `.`, `_` and `-`, starting with a letter or digit and without `..`",
});

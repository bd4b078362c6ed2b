/**
 * The built-in engine's tables of Unicode over every code point, and its text functions over all that are not in an area of
 * equal characters, against the recorded digests of Python and Jinja2. `npm run oracle` compares the functions for all.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CaseMapping, PointSet } from "../../lib/jinja/unicode/runs.js";
import { EXPANSIONS, MAPPINGS, SETS } from "../../lib/jinja/unicode/tables.js";
import { charactersBut, mappingDigest, setDigest, UNICODE_FUNCTIONS, unicodeDigest } from "../jinja-oracle/unicode.js";

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/templates/jinja/unicode.golden.json"), "utf8"),
) as {
  readonly unicode: string;
  readonly skipped: readonly (readonly [number, number])[];
  readonly sets: Readonly<Record<string, string>>;
  readonly mappings: Readonly<Record<string, string>>;
  readonly digests: Readonly<Record<string, string>>;
};

const characters = charactersBut(golden.skipped);

describe("Unicode in templates", () => {
  it("the recorded digests are of Unicode 14, one for each table and function", () => {
    expect(golden.unicode).toBe("14.0.0");
    expect(Object.keys(golden.sets)).toEqual(Object.keys(SETS));
    expect(Object.keys(golden.mappings)).toEqual(Object.keys(MAPPINGS));
    expect(Object.keys(golden.mappings)).toEqual(Object.keys(EXPANSIONS));
    expect(Object.keys(golden.digests)).toEqual(UNICODE_FUNCTIONS);
  });

  it.each(Object.keys(SETS) as PointSet[])("the set %s is that of Python, for every code point", (set) => {
    expect(setDigest(set)).toBe(golden.sets[set]);
  });

  it.each(Object.keys(MAPPINGS) as CaseMapping[])(
    "the mapping %s is that of Python, for every code point",
    (mapping) => {
      expect(mappingDigest(mapping)).toBe(golden.mappings[mapping]);
    },
  );

  it.each(UNICODE_FUNCTIONS)("%s gives each character what it gives in Python", (name) => {
    expect(unicodeDigest(name, characters)).toBe(golden.digests[name]);
  });
});

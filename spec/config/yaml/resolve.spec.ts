/** Specs of scalars and merge keys: the program reads them as PyYAML does. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Float, Timestamp, type Value } from "../../../lib/plan/values.js";
import { codes, read } from "../fixtures.js";
import { PYYAML } from "./pyyaml.js";

const RECORDED = (
  JSON.parse(readFileSync(new URL("../../../fixtures/yaml/scalars.json", import.meta.url), "utf8")) as {
    readonly scalars: readonly (readonly [written: string, read: string])[];
  }
).scalars;

const valueOf = (written: string): Value | undefined =>
  read(`ensemble:\n  vars:\n    k: ${written}\n  batches: []\n`).plan?.vars["k"];

const shown = (value: Value | undefined): string => {
  if (value === undefined) return "refused";
  if (value === null) return "null";
  if (value instanceof Float) return `float:${value.toString()}`;
  if (value instanceof Timestamp) return "date";
  if (typeof value === "boolean") return `bool:${value ? "True" : "False"}`;
  if (typeof value === "string") return `str:${value}`;
  return typeof value === "object" ? "other" : `int:${value.toString()}`;
};

describe("scalars", () => {
  it.each(PYYAML)("the scalar %s is read as %s, as by the Python tool", (written, expected) => {
    expect(shown(valueOf(written))).toBe(expected);
  });

  it.each(RECORDED)("the scalar %s is read as %s, as recorded in fixtures/yaml", (written, expected) => {
    expect(shown(valueOf(written))).toBe(expected);
  });

  it.each(["12:00:00", "24:00:00", "20:00", "1:30", "-1:30", "0:30.5", "190:20:30"])(
    "the base-60 scalar %s is read as a string, and a note says so",
    (written) => {
      expect(valueOf(written)).toBe(written);
      expect(codes(read(`ensemble:\n  vars: {k: ${written}}\n  batches: []\n`))).toEqual(["base-60"]);
    },
  );

  it("a date prints as the user wrote it", () => {
    expect((valueOf("2020-1-1 10:00:00 +1") as Timestamp).toString()).toBe("2020-1-1 10:00:00 +1");
  });

  it("a float of a configuration prints as Python prints it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = new Float(number).toString();
        const value = valueOf(text.replace(/^(-?\d+)e/, "$1.0e"));
        return value instanceof Float && Object.is(value.valueOf(), number) && value.toString() === text;
      }),
    );
  });

  it("a quoted scalar is a string, whatever it looks like", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PYYAML).map(([written]) => written),
        (written) => {
          return valueOf(JSON.stringify(written)) === written;
        },
      ),
    );
  });
});

describe("merge keys", () => {
  const run = (text: string) => read(`ensemble:\n  vars:\n    x: ${text}\n  batches: []\n`).plan?.vars["x"];

  it("a merge key adds missing keys in front, and overwrites none", () => {
    expect(run("{a: &a {p: 1, q: 2}, b: {q: 3, <<: *a, r: 4}}")).toEqual({
      a: { p: 1, q: 2 },
      b: { p: 1, q: 3, r: 4 },
    });
    expect(Object.keys((run("[&a {p: 1, q: 2}, {q: 3, <<: *a, r: 4}]") as readonly object[])[1] ?? {})).toEqual([
      "p",
      "q",
      "r",
    ]);
  });

  it("of several merged mappings, the first one with a key wins", () => {
    expect(run("[&a {p: 1}, &b {p: 2, q: 2}, {<<: [*a, *b]}]")).toEqual([{ p: 1 }, { p: 2, q: 2 }, { p: 1, q: 2 }]);
  });

  it("a quoted << is an ordinary key", () => {
    expect(run('{"<<": 1}')).toEqual({ "<<": 1 });
  });
});

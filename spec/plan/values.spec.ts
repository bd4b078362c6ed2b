/** Specs of the values of a configuration: floats and timestamps as Python prints them, and the tests for types. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Float, floatText, has, isNumeric, isVariables, plain, Timestamp } from "../../lib/plan/values.js";

describe("floats", () => {
  // What CPython 3 prints for `repr` of each.
  it.each([
    [20, "20.0"],
    [0, "0.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [-1.5, "-1.5"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.5e16, "1.5e+16"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e22, "1e+22"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [0.30000000000000004, "0.30000000000000004"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    [Number.NaN, "nan"],
  ])("the float %d prints as Python prints it: %s", (number, text) => {
    expect(floatText(number)).toBe(text);
    expect(String(new Float(number))).toBe(text);
  });

  it("a float prints digits that read back as the same number, and never looks like an integer", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(Object.is(Number(floatText(number)), number)).toBe(true);
        expect(floatText(number)).toMatch(/[.e]/);
      }),
    );
  });

  it("a float counts as a number in arithmetic, in comparisons and in JSON", () => {
    const half = new Float(0.5);
    expect(half.valueOf() + 1).toBe(1.5);
    expect(JSON.stringify({ half, none: new Float(Number.NaN) })).toBe('{"half":0.5,"none":null}');
    expect([half.equals(0.5), half.equals(new Float(0.5)), half.equals("0.5"), half.equals(1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([half.gt(0.4), half.gt(0.5), half.geq(0.5), half.lt(1n), half.lt(0.5), half.leq(0.5)]).toEqual([
      ...[true, false, true, true, false, true],
    ]);
    expect([half.gt("0"), half.lt(null), half.geq(undefined), half.leq({})]).toEqual([false, false, false, false]);
  });
});

describe("timestamps", () => {
  it("a timestamp prints the text of the configuration", () => {
    const day = new Timestamp("2020-01-01");
    expect([String(day), JSON.stringify(day), plain(day)]).toEqual(["2020-01-01", '"2020-01-01"', "2020-01-01"]);
  });
});

describe("types of values", () => {
  it("isNumeric and isVariables tell the types of values apart", () => {
    const values = [1, 1n, new Float(1), "1", true, null, [], {}, new Timestamp("x")];
    expect(values.map(isNumeric)).toEqual([true, true, true, false, false, false, false, false, false]);
    expect(values.map(isVariables)).toEqual([false, false, false, false, false, false, false, true, false]);
  });

  it("plain turns every value into one that JavaScript knows", () => {
    expect([plain(new Float(1.5)), plain(2), plain("a"), plain(null)]).toEqual([1.5, 2, "a", null]);
  });

  it("an inherited name such as constructor is not a variable", () => {
    expect([has({ a: null }, "a"), has({}, "constructor"), has({}, "__proto__"), has({}, "toString")]).toEqual([
      ...[true, false, false, false],
    ]);
  });
});

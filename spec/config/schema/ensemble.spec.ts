/** Specs of the JSON Schemas: they are up to date, and agree with the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { EVENT_SCHEMA } from "../../../lib/events/event.js";
import { ensembles, invalid, ROOT, read } from "../fixtures.js";

const GENERATOR = new URL("../../../.config/schema.mjs", import.meta.url).href;
const { schemas } = (await import(GENERATOR)) as {
  schemas: () => Promise<Readonly<Record<string, string>>>;
};
const stored = (name: string): object => JSON.parse(readFileSync(join(ROOT, "lib/schema", name), "utf8")) as object;
const ajv = () => new Ajv({ allErrors: true, allowUnionTypes: true });

describe("lib/schema", () => {
  it("the schemas in lib/schema are those that `npm run schema` makes", async () => {
    for (const [file, text] of Object.entries(await schemas()))
      expect(readFileSync(join(ROOT, file), "utf8") === text, `${file} is out of date: npm run schema`).toBe(true);
  }, 60_000);
});

describe("the JSON Schema of a configuration", () => {
  const accepts = ajv().compile(stored("ensemble.schema.json"));

  /** The verdict of an editor: it reads standard YAML, without this program's own rules. */
  const editor = (text: string): string => {
    const document = parseDocument(text, { merge: true, prettyErrors: false, logLevel: "error" });
    try {
      if (document.errors.length > 0) return "cannot read";
      return accepts(document.toJS()) ? "accepts" : "refuses";
    } catch {
      return "cannot read";
    }
  };

  it.each(invalid)("an editor with the schema of a configuration $editor $file", ({ text, editor: expected }) => {
    expect(editor(text)).toBe(expected);
  });

  it.each(ensembles.map((file) => ({ file: file.slice(ROOT.length + 1), path: file })))(
    "the schema of a configuration accepts $file",
    ({ path }) => {
      const text = readFileSync(path, "utf8");
      expect(read(text).diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(editor(text)).toBe("accepts");
    },
  );

  it("the schema of a configuration accepts a text as `$schema`", () => {
    expect([
      editor("$schema: https://a/b\nensemble: {batches: []}"),
      editor("$schema: 1\nensemble: {batches: []}"),
    ]).toEqual(["accepts", "refuses"]);
  });

  it("the schema of a configuration accepts a boolean `guard` in a batch and in batch_config", () => {
    const batch = "name: a, basedir: b, templatedir: t, templates: [], maxruns: 1, maxjobs: 1, runs: []";
    const verdict = (own: string, common: string) =>
      editor(`ensemble: {batch_config: {guard: ${common}}, batches: [{${batch}, guard: ${own}}]}`);
    expect([verdict("true", "false"), verdict("text", "false"), verdict("true", "text")]).toEqual([
      "accepts",
      "refuses",
      "refuses",
    ]);
  });

  it("every key of the ensemble has a description in the schema of a configuration", () => {
    const { properties } = stored("ensemble.schema.json") as { properties: { ensemble: { properties: object } } };
    for (const [key, part] of Object.entries(properties.ensemble.properties))
      expect(part, key).toHaveProperty("description", expect.stringMatching(/\.$/));
  });
});

describe("the JSON Schema of events", () => {
  const accepts = ajv().compile(stored("event.schema.json"));
  const stamp = { seq: 0, time: "2026-01-01T00:00:00.000Z" };

  it("the schema of events accepts an event, and fields that a newer program adds", () => {
    const event = {
      ...stamp,
      type: "stream.opened",
      schema: EVENT_SCHEMA,
      version: "1",
      host: "h",
      boot: "",
      pid: 1,
      directory: "/",
    };
    expect(accepts(event)).toBe(true);
    expect(accepts({ ...event, added: true })).toBe(true);
  });

  it("the schema of events requires a failed run to have a failure with a known reason", () => {
    const run = {
      ...stamp,
      type: "run.finished",
      batch: "b",
      run: "b-0",
      cycle: 1,
      attempt: 1,
      ok: false,
      elapsed_s: 1,
    };
    expect(accepts({ ...run, failure: { reason: "timeout", after_s: 3 } })).toBe(true);
    expect(accepts({ ...run, failure: { reason: "whatever" } })).toBe(false);
    expect(accepts(run)).toBe(false);
  });

  it("the schema of events refuses an unknown type, and an event without its stamp", () => {
    expect(accepts({ ...stamp, type: "run.exploded" })).toBe(false);
    expect(accepts({ type: "run.prepared", batch: "b", run: "b-0", cycle: 1, attempt: 1 })).toBe(false);
  });
});

/** The built-in Jinja2 engine against the recorded answers of real Jinja2. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Answer, contextOf, render, verdict } from "../jinja-oracle/compare.js";

const fixtures = join(import.meta.dirname, "../../fixtures/templates/jinja");
const read = (name: string): string => readFileSync(join(fixtures, name), "utf8");
const run = contextOf(join(fixtures, "context.json"));

const templates = (): Map<string, string> => {
  const [, ...parts] = read("features.txt").split(/^=== (\S+)\n/m);
  const found = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) found.set(parts[index]!, parts[index + 1]!);
  for (const file of readdirSync(join(fixtures, "corpus"))) found.set(file, read(`corpus/${file}`));
  return found;
};

describe("the corpus of Jinja templates", () => {
  const answers = new Map(Object.entries(JSON.parse(read("corpus.golden.json")) as Record<string, Answer>));
  const corpus = templates();

  it("the corpus has a recorded answer for every template", () => {
    expect([...answers.keys()].sort()).toEqual([...corpus.keys()].sort());
    expect(corpus.size).toBeGreaterThanOrEqual(150);
  });

  it.each([...corpus])("the engine renders %s as Jinja2 does", (name, template) => {
    const answer = answers.get(name)!;
    const ours = render(template, run);
    if ("o" in answer) expect(ours).toEqual({ text: answer.o });
    else expect(ours).toHaveProperty("error");
  });
});

describe("random Jinja templates", () => {
  it("the engine renders random templates as Jinja2 does, and never differs without an error", () => {
    const lines = read("random.golden.ndjson").trimEnd().split("\n");
    const different = lines
      .map((line) => JSON.parse(line) as [template: string, answer: Answer])
      .map(([template, answer]) => ({ template, answer, ours: render(template, run) }))
      .filter(({ answer, ours }) => verdict(answer, ours) !== "equal");
    expect(lines).toHaveLength(2000);
    expect(different.filter(({ answer, ours }) => verdict(answer, ours) !== "loud")).toEqual([]);
    expect(different.length).toBeLessThanOrEqual(lines.length * 0.001);
  });
});

/** The built-in Jinja2 engine against the recorded answers of real Jinja2. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Answer, contextOf, type Given, render, verdict } from "../jinja-oracle/compare.js";

const fixtures = join(import.meta.dirname, "../../fixtures/templates/jinja");
const read = (name: string): string => readFileSync(join(fixtures, name), "utf8");
const run = contextOf(join(fixtures, "context.json"));

/** The parts of a text by the names in the lines that start with a mark. */
const partsOf = (text: string, mark: string): Map<string, string> => {
  const [, ...parts] = text.split(new RegExp(`^${mark} (\\S+)\\n`, "m"));
  const found = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) found.set(parts[index]!, parts[index + 1]!);
  return found;
};

const templates = (): Map<string, string> => {
  const found = partsOf(read("features.txt"), "===");
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

describe("Jinja templates of several files", () => {
  const answers = new Map(Object.entries(JSON.parse(read("several.golden.json")) as Record<string, Answer>));
  const cases = [...partsOf(read("several.txt"), "===")].map(([name, text]): readonly [string, Given] => [
    name,
    Object.fromEntries(Array.from(partsOf(text, "---"), ([file, body]) => [file, body.replace(/\n$/, "")])),
  ]);

  it("each case has a recorded answer", () => {
    expect([...answers.keys()].sort()).toEqual(cases.map(([name]) => name).sort());
    expect(cases.length).toBeGreaterThanOrEqual(50);
  });

  it.each(cases)("the engine renders the files of %s as Jinja2 with a FileSystemLoader does", (name, files) => {
    expect({ name, ours: render(files, run), verdict: verdict(answers.get(name)!, render(files, run)) }).toMatchObject({
      verdict: "equal",
    });
  });

  it("the engine renders random sets of files as Jinja2 does", () => {
    const lines = read("random-several.golden.ndjson").trimEnd().split("\n");
    const different = lines
      .map((line) => JSON.parse(line) as [files: Given, answer: Answer])
      .map(([files, answer]) => ({ files, answer, ours: render(files, run) }))
      .filter(({ answer, ours }) => verdict(answer, ours) !== "equal");
    expect(lines).toHaveLength(200);
    expect(different).toEqual([]);
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

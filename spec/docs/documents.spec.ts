/** What the README and docs/ say is so: their ensembles are valid, their commands exist, their examples run. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseArguments, parseCheckArguments } from "../../cli/arguments/parse.js";
import { readConfiguration } from "../../lib/config/read.js";
import { isError } from "../../lib/index.js";
import { blocks, blocksOf, DOCUMENTS, textOf } from "../support/documents.js";
import { fixture, told } from "../support/fixture.js";
import { directoryWith, program } from "../support/program.js";

const ROOT = join(import.meta.dirname, "../..");
const ensembles = blocks("yaml").filter(({ text }) => /^ensemble:/m.test(text));

/** The files that the README says the first ensemble is made of. */
const firstEnsemble = () =>
  directoryWith(Object.fromEntries(blocksOf("README.md").flatMap(({ file, text }) => (file ? [[file, text]] : []))));

describe("ensembles in the documents", () => {
  it.each(ensembles)("$document:$line is valid", ({ text, document }) => {
    const { plan, diagnostics } = readConfiguration(text, { file: document, directory: "/somewhere" });
    expect(diagnostics.filter(isError)).toEqual([]);
    expect(plan?.batches.length).toBeGreaterThan(0);
  });

  it("the first one in the README runs, and gives the results that physics asks for", async () => {
    const directory = firstEnsemble();
    const { status, stderr } = await told(["ensemble.yaml", "dummy", "-ms", "0"], directory);
    expect(status, stderr).toBe(0);
    const said = ["drop-0", "drop-1", "drop-2"].map((id) =>
      readFileSync(join(directory, `results/${id}/fall.txt`), "utf8"),
    );
    expect(said).toEqual(["Earth: 1.43 s\n", "Mars: 2.32 s\n", "Moon: 1.76 s\n"]);
    expect(existsSync(join(directory, "runs/drop-0"))).toBe(false);
  });

  it("the smoke test in the README is a workflow whose commands succeed for it", async () => {
    const [workflow] = blocks("yaml").filter(({ text }) => text.includes("runs-on:"));
    const { jobs } = parse(workflow!.text) as { jobs: { smoke: { steps: readonly { run?: string }[] } } };
    const commands = jobs.smoke.steps.flatMap(({ run = "" }) => commandsIn(run));
    expect(commands).toHaveLength(2);
    const directory = firstEnsemble();
    // Nothing is left behind that a second command would meet: what the model writes is not there to be moved either.
    for (const words of commands) {
      const { status, stderr } = await program(words.slice(1), { directory });
      expect(status, `${words.join(" ")}\n${stderr}`).toBe(0);
    }
  });
});

describe("commands in the documents", () => {
  const commands = DOCUMENTS.flatMap((document) =>
    blocksOf(document)
      .filter(({ language }) => language === "sh")
      .flatMap(({ text, line }) => commandsIn(text).map((words) => ({ words, place: `${document}:${line}` }))),
  ).filter(({ words }) => !words.some((word) => word.startsWith("[")));

  it("are many", () => {
    expect(commands.length).toBeGreaterThan(10);
  });

  it.each(commands)("$place: $words are understood", ({ words: [name, ...rest] }) => {
    const order = name === "model_ensemble" ? parseArguments(rest) : parseCheckArguments(rest);
    expect(order).not.toMatchObject({ command: "answer" });
  });

  it("every option of the help is explained", () => {
    const help = parseArguments(["--help"]);
    const options =
      help.command === "answer" ? [...help.text.matchAll(/(?<= )--[a-z-]+/g)].map(([option]) => option) : [];
    expect(options.length).toBeGreaterThan(15);
    const text = textOf("docs/command-line.md");
    for (const option of options.filter((word) => !["--help", "--version"].includes(word))) {
      expect(text).toContain(option);
    }
  });
});

describe("the recipes for jq", () => {
  const recipes = blocksOf("docs/events.md")
    .filter(({ language, text }) => language === "sh" && text.startsWith("jq "))
    .map(({ text }) => text.trim());
  // jq is no part of the program; without it the recipes are only counted.
  const hasJq = succeeds(["jq", "--version"]);

  it("are several", () => {
    expect(recipes.length).toBeGreaterThan(4);
  });

  it.skipIf(!hasJq)("print what they say of an ensemble in which runs failed", async () => {
    const { run, directory } = fixture("failures");
    const { events } = await run();
    writeFileSync(join(directory, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const printed = recipes.map((recipe) => execFileSync("bash", ["-c", recipe], { cwd: directory, encoding: "utf8" }));
    expect(printed.every((text) => text.trim() !== "")).toBe(true);
    expect(printed[0]!.trim().split("\n").sort()).toEqual(["fate-1\tjob\tjob", "fate-2\tpost_run[0]\tdirectory"]);
    expect(JSON.parse(printed[1]!)).toEqual({ succeeded: 2, failed: 2, skipped: 0, interrupted: 0 });
    expect(printed[2]!.trim().split(",").sort()).toEqual(["1", "2"]);
    expect(printed.at(-1)).toBe("ensemble: 2 runs failed\n");
  });
});

describe("the events in the documents", () => {
  it("are those of the schema, all of them", () => {
    const schema = readFileSync(join(ROOT, "lib/schema/event.schema.json"), "utf8");
    const types = new Set([...schema.matchAll(/"const": "([a-z]+\.[a-z]+)"/g)].map(([, type]) => type!));
    const text = textOf("docs/events.md");
    const named = [...text.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) => [
      ...cell!.matchAll(/`([a-z]+\.[a-z]+)`/g),
    ]);
    expect(new Set(named.map(([, type]) => type!))).toEqual(types);
  });
});

describe("library examples", () => {
  it.each(blocks("js"))("$document:$line runs", ({ text }) => {
    const directory = firstEnsemble();
    writeFileSync(join(directory, "example.mjs"), text);
    installed(directory);
    const printed = execFileSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" });
    expect(printed).toMatch(/drop-0 succeeded|succeeded: 3/);
    expect(existsSync(join(directory, "results/drop-2/fall.txt"))).toBe(true);
  });
});

describe("links", () => {
  it.each(DOCUMENTS)("in %s lead somewhere", (document) => {
    const links = [...textOf(document).matchAll(/\]\(((?!https?:)[^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    for (const link of links) expect(existsSync(join(ROOT, dirname(document), link)), link).toBe(true);
  });
});

/** Every command of ours in shell text, as words. */
function commandsIn(text: string): readonly (readonly string[])[] {
  return text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.split(/[|>#]/)[0]!.trim())
    .filter((line) => /^model_ensemble/.test(line))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ""));
}

function succeeds([file = "", ...words]: readonly string[]): boolean {
  try {
    execFileSync(file, words, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** As if the package and rxjs had been installed there. */
function installed(directory: string): void {
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(ROOT, join(directory, "node_modules/model-ensembler"));
  symlinkSync(join(ROOT, "node_modules/rxjs"), join(directory, "node_modules/rxjs"));
}

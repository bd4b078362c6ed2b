/** Specs of the README and of docs/: their ensembles are valid, their commands exist, their examples run. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseArguments, parseCheckArguments } from "../../cli/arguments/parse.js";
import { readConfiguration } from "../../lib/config/read.js";
import { BATCH } from "../../lib/config/schema/ensemble.js";
import { isError } from "../../lib/index.js";
import { blocks, blocksOf, DOCUMENTS, textOf } from "../support/documents.js";
import { fixture, runProgram } from "../support/fixture.js";
import { directoryWith, program } from "../support/program.js";

const ROOT = join(import.meta.dirname, "../..");
const ensembles = blocks("yaml").filter(({ text }) => /^ensemble:/m.test(text));

/** A directory with the files of the README's first ensemble. */
const firstEnsemble = () =>
  directoryWith(Object.fromEntries(blocksOf("README.md").flatMap(({ file, text }) => (file ? [[file, text]] : []))));

describe("ensembles in the documents", () => {
  it.each(ensembles)("the ensemble at $document:$line is valid", ({ text, document }) => {
    const { plan, diagnostics } = readConfiguration(text, { file: document, directory: "/somewhere" });
    expect(diagnostics.filter(isError)).toEqual([]);
    expect(plan?.batches.length).toBeGreaterThan(0);
  });

  it("the first ensemble in the README runs, and its results are physically correct", async () => {
    const directory = firstEnsemble();
    const { status, stderr } = await runProgram(["ensemble.yaml", "dummy", "-ms", "0"], directory);
    expect(status, stderr).toBe(0);
    const results = ["drop-0", "drop-1", "drop-2"].map((id) =>
      readFileSync(join(directory, `results/${id}/fall.txt`), "utf8"),
    );
    expect(results).toEqual(["Earth: 1.43 s\n", "Mars: 2.32 s\n", "Moon: 1.76 s\n"]);
    expect(existsSync(join(directory, "runs/drop-0"))).toBe(false);
  });

  it("the commands of the README's smoke test succeed on its first ensemble", async () => {
    const [workflow] = blocks("yaml").filter(({ text }) => text.includes("runs-on:"));
    const { jobs } = parse(workflow!.text) as { jobs: { smoke: { steps: readonly { run?: string }[] } } };
    const commands = jobs.smoke.steps.flatMap(({ run = "" }) => commandsIn(run));
    expect(commands).toHaveLength(2);
    const directory = firstEnsemble();
    // All commands share the directory: none may fail over what an earlier one has left.
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

  it("the spec finds more than ten commands in the documents", () => {
    expect(commands.length).toBeGreaterThan(10);
  });

  it.each(commands)("at $place, the program understands $words", ({ words: [name, ...rest] }) => {
    const request = name === "model_ensemble" ? parseArguments(rest) : parseCheckArguments(rest);
    expect(request).not.toMatchObject({ command: "answer" });
  });

  it("docs/command-line.md explains every option of the help", () => {
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

describe("the keys in the documents", () => {
  it("docs/configuration.md has every key of a batch in its table, and no other", () => {
    const [section = ""] = /^## Keys of a batch$.*?(?=^##)/ms.exec(textOf("docs/configuration.md")) ?? [];
    const named = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)]);
    expect(named.map(([, key]) => key!).sort()).toEqual(Object.keys(BATCH.shape).sort());
  });
});

describe("the recipes for jq", () => {
  const recipes = blocksOf("docs/events.md")
    .filter(({ language, text }) => language === "sh" && text.startsWith("jq "))
    .map(({ text }) => text.trim());
  // Without jq on this machine, the spec only counts the recipes.
  const hasJq = succeeds(["jq", "--version"]);

  it("docs/events.md has more than four recipes for jq", () => {
    expect(recipes.length).toBeGreaterThan(4);
  });

  it.skipIf(!hasJq)(
    "the recipes for jq print what docs/events.md promises, for an ensemble with failed runs",
    async () => {
      const { run, directory } = fixture("failures");
      const { events } = await run();
      writeFileSync(join(directory, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
      const printed = recipes.map((recipe) =>
        execFileSync("bash", ["-c", recipe], { cwd: directory, encoding: "utf8" }),
      );
      expect(printed.every((text) => text.trim() !== "")).toBe(true);
      expect(printed[0]!.trim().split("\n").sort()).toEqual(["fate-1\tjob\tjob", "fate-2\tpost_run[0]\tdirectory"]);
      expect(JSON.parse(printed[1]!)).toEqual({ succeeded: 2, failed: 2, skipped: 0, interrupted: 0 });
      expect(printed[2]!.trim().split(",").sort()).toEqual(["1", "2"]);
      expect(printed.at(-1)).toBe("ensemble: 2 runs failed\n");
    },
  );
});

describe("the events in the documents", () => {
  it("docs/events.md lists exactly the events of the schema", () => {
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
  it.each(blocks("js"))("the library example at $document:$line runs", ({ text }) => {
    const directory = firstEnsemble();
    writeFileSync(join(directory, "example.mjs"), text);
    installed(directory);
    const printed = execFileSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" });
    expect(printed).toMatch(/drop-0 succeeded|succeeded: 3/);
    expect(existsSync(join(directory, "results/drop-2/fall.txt"))).toBe(true);
  });
});

describe("links", () => {
  it.each(DOCUMENTS)("every relative link in %s leads to a file", (document) => {
    const links = [...textOf(document).matchAll(/\]\(((?!https?:)[^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    for (const link of links) expect(existsSync(join(ROOT, dirname(document), link)), link).toBe(true);
  });
});

/** Every command of this program in a shell text, split into words. */
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

/** Links the package and rxjs into a directory, as if npm had installed them. */
function installed(directory: string): void {
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(ROOT, join(directory, "node_modules/model-ensembler"));
  symlinkSync(join(ROOT, "node_modules/rxjs"), join(directory, "node_modules/rxjs"));
}

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseArguments, parseCheckArguments } from "../../../cli/arguments/parse.js";
import { DEFAULTS } from "../../../lib/plan/settings.js";
import table from "../argparse.json" with { type: "json" };

/** How Python's argparse reads a line: the values that differ from the defaults, or a refusal. */
interface Line {
  readonly line: string;
  readonly taken?: Readonly<Record<string, unknown>>;
  readonly refused?: true;
}

/** Lines that this program reads differently on purpose. */
const IMPROVED: Readonly<Record<string, object>> = {
  // Variables end at the first word without `=`, so that the configuration is not read as one.
  "-x a=1 b=2 cfg.yml dummy": { extra: { a: "1", b: "2" }, configuration: "cfg.yml", backend: "dummy" },
  "cfg.yml -x a=1=2 b=x,y dummy": { extra: { a: "1=2", b: "x,y" }, configuration: "cfg.yml", backend: "dummy" },
  "-x cfg.yml": { configuration: "cfg.yml" },
  // A second `-x` adds to the first.
  "cfg.yml dummy -x a=1 -x b=2": { extra: { a: "1", b: "2" }, configuration: "cfg.yml", backend: "dummy" },
  // Options may stand between the configuration and the backend.
  "cfg.yml -v dummy": { verbose: true, configuration: "cfg.yml", backend: "dummy" },
  // A negative time makes no sense.
  "-ct -5 cfg.yml": { refused: true },
  // A negative number of runs makes no sense.
  "-k -1 cfg.yml": { refused: true },
};

const words = (line: string) => line.split(" ").filter(Boolean);

/** The values that this program reads from a line, under argparse's names. */
const valuesIn = (line: string): object => {
  const request = parseArguments(words(line));
  if (request.command === "answer") return { refused: true };
  if (request.command !== "run") return request;
  const { checks, submission, ...settings } = { ...DEFAULTS, ...request.settings };
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULTS, backend: "slurm" };
  const all = {
    ...settings,
    no_checks: !checks,
    no_submission: !submission,
    daemon: request.detach,
    verbose: request.verbose,
    configuration: request.configuration,
    backend: request.backend,
    ...(Object.keys(request.extra).length > 0 && { extra: request.extra }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== false && value !== defaults[name]));
};

describe("the Python tool's command line", () => {
  for (const { line, refused, taken: theirs } of table as readonly Line[]) {
    // `-n` is the default, so the request does not show it.
    const { no_daemon: _, ...expected } = theirs ?? {};
    it(`the program reads \`${line}\` ${line in IMPROVED ? "better than" : "as"} argparse does`, () => {
      expect(valuesIn(line)).toEqual(IMPROVED[line] ?? (refused ? { refused } : expected));
    });
  }

  it("an abbreviated option of the Python tool keeps its meaning beside the added options", () => {
    expect(valuesIn("--v cfg.yml")).toEqual({ verbose: true, configuration: "cfg.yml" });
    expect(parseArguments(words("cfg.yml --sim time=1s"))).toMatchObject({ simulate: "time=1s" });
    expect(parseArguments(words("cfg.yml --js"))).toMatchObject({ json: true });
  });
});

describe("the command line with commands", () => {
  it("a command line means the same with and without `run`", () => {
    const bare = parseArguments(words("-ct 5 -x a=1 b=2 cfg.yml dummy"));
    expect(parseArguments(words("run -ct 5 -x a=1 b=2 cfg.yml dummy"))).toEqual({ ...bare });
  });

  it("`validate` and `plan` accept all options of `run`", () => {
    const options = "-ct 5 -vcs -k 1 -x a=1 cfg.yml dummy --simulate time=1s";
    const { settings } = parseArguments(words(options)) as { settings?: object };
    expect(parseArguments(words(`validate ${options}`))).toMatchObject({
      command: "validate",
      settings,
      extra: { a: "1" },
    });
    expect(parseArguments(words(`plan ${options} --show b-1`))).toMatchObject({
      command: "plan",
      settings,
      show: "b-1",
    });
  });

  it("`model_ensemble_check` means the same as `model_ensemble check`", () => {
    expect(parseArguments(["check", "dummy"])).toEqual({ command: "check", backend: "dummy" });
    expect(parseCheckArguments(["dummy"])).toEqual({ command: "check", backend: "dummy" });
    expect(parseCheckArguments([])).toEqual({ command: "check", backend: "slurm" });
    expect(parseCheckArguments(["--backend", "mine.mjs"])).toMatchObject({ command: "check", backendFile: "mine.mjs" });
    expect(parseCheckArguments(["dummy", "--backend", "mine.mjs"])).toMatchObject({
      text: expect.stringContaining("name one backend: either dummy or --backend") as string,
    });
    expect(parseCheckArguments(["pbs"])).toMatchObject({ command: "answer", status: 2 });
  });

  it("a configuration named like a command runs if its path says that it is a file", () => {
    expect(parseArguments(["./validate"])).toMatchObject({ command: "run", configuration: "./validate" });
    expect(parseArguments(["run", "run"])).toMatchObject({ command: "run", configuration: "run" });
  });

  it("an error in a command hints at a configuration file of the command's name", () => {
    const directory = mkdtempSync(join(tmpdir(), "arguments-"));
    writeFileSync(join(directory, "run"), "");
    const before = process.cwd();
    process.chdir(directory);
    try {
      expect(parseArguments(["run"])).toMatchObject({ status: 2, text: expect.stringContaining("./run") as string });
    } finally {
      process.chdir(before);
    }
  });

  it("an error in a command line with a misplaced command hints that the command comes first", () => {
    const answer = parseArguments(words("-v validate cfg.yml"));
    expect(answer).toMatchObject({ status: 2, text: expect.stringContaining("model_ensemble validate") as string });
  });

  it("an error about an unknown option suggests a similar one", () => {
    const answer = parseArguments(words("cfg.yml --pikcup"));
    expect(answer).toMatchObject({ status: 2, text: expect.stringContaining("--pickup") as string });
  });
});

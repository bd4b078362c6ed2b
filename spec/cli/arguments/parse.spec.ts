import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseArguments, parseCheckArguments } from "../../../cli/arguments/parse.js";
import { DEFAULTS } from "../../../lib/plan/settings.js";
import table from "../argparse.json" with { type: "json" };

/** What Python's argparse makes of a line: what differs from its defaults, or that it refuses it. */
interface Line {
  readonly line: string;
  readonly taken?: Readonly<Record<string, unknown>>;
  readonly refused?: true;
}

/** Where we do better on purpose. */
const IMPROVED: Readonly<Record<string, object>> = {
  // Variables end at the first word without `=`, so that the configuration is not taken for one.
  "-x a=1 b=2 cfg.yml dummy": { extra: { a: "1", b: "2" }, configuration: "cfg.yml", backend: "dummy" },
  "cfg.yml -x a=1=2 b=x,y dummy": { extra: { a: "1=2", b: "x,y" }, configuration: "cfg.yml", backend: "dummy" },
  "-x cfg.yml": { configuration: "cfg.yml" },
  // A second `-x` adds to the first.
  "cfg.yml dummy -x a=1 -x b=2": { extra: { a: "1", b: "2" }, configuration: "cfg.yml", backend: "dummy" },
  // Options may stand between the configuration and the backend.
  "cfg.yml -v dummy": { verbose: true, configuration: "cfg.yml", backend: "dummy" },
  // Nobody can wait for less than no time.
  "-ct -5 cfg.yml": { refused: true },
};

const words = (line: string) => line.split(" ").filter(Boolean);

/** Our reading in argparse's words. */
const taken = (line: string): object => {
  const order = parseArguments(words(line));
  if (order.command === "answer") return { refused: true };
  if (order.command !== "run") return order;
  const { checks, submission, ...settings } = { ...DEFAULTS, ...order.settings };
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULTS, backend: "slurm" };
  const all = {
    ...settings,
    no_checks: !checks,
    no_submission: !submission,
    daemon: order.detach,
    verbose: order.verbose,
    configuration: order.configuration,
    backend: order.backend,
    ...(Object.keys(order.extra).length > 0 && { extra: order.extra }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== false && value !== defaults[name]));
};

describe("the reference's command line", () => {
  for (const { line, refused, taken: theirs } of table as readonly Line[]) {
    // `-n` is what happens anyway: there is nothing to tell it by.
    const { no_daemon: _, ...expected } = theirs ?? {};
    it(`takes \`${line}\` as argparse does${line in IMPROVED ? ", but better" : ""}`, () => {
      expect(taken(line)).toEqual(IMPROVED[line] ?? (refused ? { refused } : expected));
    });
  }

  it("still means an option of the reference by its beginning, whatever options were added", () => {
    expect(taken("--v cfg.yml")).toEqual({ verbose: true, configuration: "cfg.yml" });
    expect(parseArguments(words("cfg.yml --sim time=1s"))).toMatchObject({ simulate: "time=1s" });
    expect(parseArguments(words("cfg.yml --js"))).toMatchObject({ json: true });
  });
});

describe("the command line with words", () => {
  it("does the same with `run` before it", () => {
    const bare = parseArguments(words("-ct 5 -x a=1 b=2 cfg.yml dummy"));
    expect(parseArguments(words("run -ct 5 -x a=1 b=2 cfg.yml dummy"))).toEqual({ ...bare });
  });

  it("takes all options of a run for `validate` and `plan`", () => {
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

  it("has a check that is a program of its own too", () => {
    expect(parseArguments(["check", "dummy"])).toEqual({ command: "check", backend: "dummy" });
    expect(parseCheckArguments(["dummy"])).toEqual({ command: "check", backend: "dummy" });
    expect(parseCheckArguments([])).toEqual({ command: "check", backend: "slurm" });
    expect(parseCheckArguments(["pbs"])).toMatchObject({ command: "answer", status: 2 });
  });

  it("runs a configuration that is named like a command when it is named as a file", () => {
    expect(parseArguments(["./validate"])).toMatchObject({ command: "run", configuration: "./validate" });
    expect(parseArguments(["run", "run"])).toMatchObject({ command: "run", configuration: "run" });
  });

  it("says so when there is such a file and a command was understood", () => {
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

  it("says where a command belongs", () => {
    const answer = parseArguments(words("-v validate cfg.yml"));
    expect(answer).toMatchObject({ status: 2, text: expect.stringContaining("model_ensemble validate") as string });
  });

  it("names what was probably meant", () => {
    const answer = parseArguments(words("cfg.yml --pikcup"));
    expect(answer).toMatchObject({ status: 2, text: expect.stringContaining("--pickup") as string });
  });
});

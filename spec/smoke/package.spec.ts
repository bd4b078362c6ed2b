/** Specs of the packed package, installed elsewhere: its programs run from any directory, and programs can import it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { eventsIn } from "../support/program.js";

const ROOT = join(import.meta.dirname, "../..");

describe("the packed package", () => {
  let home: string;
  let elsewhere: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "package-"));
    elsewhere = join(home, "elsewhere");
    mkdirSync(join(elsewhere, "template"), { recursive: true });
    // `--ignore-scripts`: a new build would replace the one that other specs are using.
    const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", home], {
      cwd: ROOT,
      encoding: "utf8",
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    writeFileSync(join(home, "package.json"), '{ "name": "user", "private": true, "type": "module" }\n');
    const quickly = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", ...quickly, join(home, filename)], { cwd: home, stdio: "pipe" });
    writeFileSync(join(elsewhere, "ensemble.yaml"), ENSEMBLE);
    writeFileSync(join(elsewhere, "template/job.sh.liquid"), "#!/bin/bash\necho {{ run.word | nml }} > word.txt\n", {
      mode: 0o755,
    });
    return () => rmSync(home, { recursive: true, force: true });
  }, 120_000);

  const bin = (name: string, ...words: readonly string[]) =>
    execFileSync(join(home, "node_modules/.bin", name), words, { cwd: elsewhere, encoding: "utf8", stdio: "pipe" });

  it("the installed model_ensemble_check runs from any directory", () => {
    expect(bin("model_ensemble_check", "dummy")).toContain("The backend dummy can be used here.");
  });

  it("the installed model_ensemble runs an ensemble", () => {
    const events = eventsIn(bin("model_ensemble", "ensemble.yaml", "dummy", "-ms", "0", "--json"));
    expect(events.at(-1)).toMatchObject({ type: "ensemble.finished", ok: true, succeeded: 2 });
    expect(readFileSync(join(elsewhere, "runs/w-1/word.txt"), "utf8").trim()).toBe("two");
  });

  it("the installed model_ensemble prints the version of the package", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(bin("model_ensemble", "--version").trim()).toBe(version);
  });

  it("a program can import the installed package and its schemas", () => {
    const script = `
      import { readEnsemble } from "model-ensembler";
      import event from "model-ensembler/schema/event.schema.json" with { type: "json" };
      import ensemble from "model-ensembler/schema/ensemble.schema.json" with { type: "json" };
      const plan = await readEnsemble("ensemble.yaml");
      console.log(plan.batches[0].runs.length, typeof event.definitions, ensemble.title);
    `;
    writeFileSync(join(elsewhere, "import.mjs"), script);
    const options = { cwd: elsewhere, encoding: "utf8", stdio: "pipe" } as const;
    expect(execFileSync(process.execPath, ["--no-warnings", "import.mjs"], options).trim()).toBe(
      "2 object A model ensemble",
    );
  });

  it("the package holds the files that a user needs, and none of the specs", () => {
    const at = (path: string) => existsSync(join(home, "node_modules/model-ensembler", path));
    for (const path of [
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "docs/configuration.md",
      "lib/schema/event.schema.json",
    ]) {
      expect(at(path), path).toBe(true);
    }
    for (const path of ["spec", "fixtures", "lib/index.ts", ".config"]) expect(at(path), path).toBe(false);
  });
});

const ENSEMBLE = `ensemble:
  batches:
    - name: w
      basedir: runs
      templatedir: ../template
      templates: [job.sh.liquid]
      job_file: job.sh
      maxruns: 2
      maxjobs: 2
      runs: [{word: one}, {word: two}]
`;

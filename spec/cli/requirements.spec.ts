/** Specs of what the program needs of Node and of the system. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NEEDED_NODE, whyNotHere } from "../../cli/requirements.js";
import { ensembleOf, MAIN, shell } from "../support/program.js";

const ENOUGH = "Max open files            1024                 4096                 files     \n";

describe("what the program needs", () => {
  it("the program names the version of Node that package.json requires", () => {
    const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
      readonly engines: { readonly node: string };
    };
    expect(engines.node).toBe(`>=${NEEDED_NODE}`);
  });

  it.each(["16.20.2", "18.20.8", "20.18.3", "9.0.0"])(
    "Node %s is refused, with the version that is needed",
    (version) => {
      expect(whyNotHere(version, ENOUGH)).toContain(`needs Node ${NEEDED_NODE} or later, and`);
      expect(whyNotHere(version, ENOUGH)).toContain(`is Node ${version}`);
    },
  );

  it.each(["20.19.0", "20.20.2", "22.0.0", "100.0.0"])("Node %s is accepted", (version) => {
    expect(whyNotHere(version, ENOUGH)).toBeUndefined();
  });

  it("a system that does not tell its limits, or has none, is accepted", () => {
    expect(whyNotHere("22.1.0", "")).toBeUndefined();
    expect(
      whyNotHere("22.1.0", "Max open files            unlimited            unlimited            files\n"),
    ).toBeUndefined();
  });

  it("too low a limit of open files is named, and nothing is started", async () => {
    const directory = ensembleOf(1, "true");
    for (const name of ["main.js ensemble.yaml dummy", "check.js dummy"]) {
      const program = join(MAIN, "..", name);
      const { status, stderr } = await shell(
        `ulimit -n 32; '${process.execPath}' ${program}; status=$?; ls; exit $status`,
        {
          directory,
        },
      );
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /^error: model_ensemble cannot run here: it may open only 32 files at once \(`ulimit -n`\)/,
      );
    }
  });
});

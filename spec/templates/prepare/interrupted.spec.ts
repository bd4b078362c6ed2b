/** A signal while a large template directory is copied. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ensembleOf, eventually, shell, start } from "../../support/program.js";

it("a signal ends the program while it copies a large template directory, and the next start makes the run directory anew", async () => {
  const directory = ensembleOf(1, "true");
  for (let below = 0; below < 20; below++) {
    mkdirSync(join(directory, "template", String(below)));
    for (let file = 0; file < 300; file++) writeFileSync(join(directory, "template", String(below), String(file)), "x");
  }
  const runs = join(directory, "work");
  const names = () => {
    try {
      return readdirSync(runs);
    } catch {
      return [];
    }
  };
  const started = start(["ensemble.yaml", "dummy", "-ms", "0"], { directory });
  await eventually(() => names().some((name) => name.includes(".preparing-")), "the program copies nothing");
  started.child.kill("SIGTERM");
  expect((await started.ended).status).not.toBe(0);
  // The copy was not finished first.
  expect(names()).not.toContain("b-0");
  expect((await shell("$PROGRAM ensemble.yaml dummy -ms 0", { directory })).status).toBe(0);
  expect(names()).toEqual(["b-0"]);
  expect(readdirSync(join(runs, "b-0/19"))).toHaveLength(300);
});

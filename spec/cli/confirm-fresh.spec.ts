/** Specs of the question before --fresh, in a terminal. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CTRL_C, ensembleOf, program, terminal } from "../support/program.js";

it.each([
  ["Ctrl-C", CTRL_C, 130],
  ["Ctrl-D", "\x04", 2],
  ["Enter", "\r", 2],
])("%s at the question of --fresh ends the program, and changes nothing", async (_, key, status) => {
  const directory = ensembleOf(1, "true");
  await program(["ensemble.yaml", "dummy", "-ms", "0"], { directory });
  const line = "$PROGRAM --fresh ensemble.yaml dummy -ms 0; status=$?; stty -a | grep -o ' icanon'; exit $status";
  const running = terminal(line, { directory });
  await running.until("[y/N] ");
  running.type(key);
  const ended = await running.ended;
  expect(ended.status).toBe(status);
  expect(ended.stdout).not.toContain("bug");
  // The terminal has its own settings again.
  expect(ended.stdout).toContain(" icanon");
  expect(existsSync(join(directory, ".ensemble/ensemble"))).toBe(true);
  expect(existsSync(join(directory, "work/b-0/job.sh.out"))).toBe(true);
});

/** Files of the template directory that change while an ensemble runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensembleOf, eventsIn, shell } from "../../support/program.js";
import { placeOf, rig, templatesWith } from "../rig.js";

const changedIn = (stdout: string) =>
  eventsIn(stdout)
    .filter(({ type }) => type === "run.prepared")
    .map(({ run, changed }) => ({ run, changed }));

describe("a template directory that changes while the ensemble runs", () => {
  it("the program warns once of a template that is edited while the ensemble runs, and names the file and the run", async () => {
    const job =
      "echo {{ run.number }}; [ {{ run.number }} = 1 ] && sed -i 's/echo/echo edited/' ../../template/job.sh.liquid; true";
    const directory = ensembleOf(4, job, { maxruns: 1 });
    const { status, stdout, stderr } = await shell("$PROGRAM ensemble.yaml dummy -ms 0 --json", { directory });
    expect(status).toBe(0);
    expect(changedIn(stdout)).toEqual([
      { run: "b-0" },
      { run: "b-1" },
      { run: "b-2", changed: ["job.sh.liquid"] },
      { run: "b-3" },
    ]);
    expect(["b-1", "b-2"].map((run) => readFileSync(join(directory, "work", run, "job.sh.out"), "utf8"))).toEqual([
      "1\n",
      "edited 2\n",
    ]);
    expect(stderr).toContain(
      "  note         job.sh.liquid of the template directory changed while the ensemble runs: b-2 and later runs get what is there now",
    );
  });

  it("the program warns at the first run of a template that was edited after the check before the start", async () => {
    const { put, batch } = rig();
    put("job.sh.liquid", "1");
    put("grid", "1");
    const one = batch({ templates: ["job.sh.liquid"] }, [{}, {}, {}]);
    const templates = templatesWith();
    await templates.survey([one], { mayAppear: () => false });
    put("job.sh.liquid", "2");
    put("grid", "22");
    put("new", "");
    await templates.survey([one], { mayAppear: () => false });
    expect(await templates.prepare(placeOf(one, 0))).toEqual(["grid", "job.sh.liquid"]);
    put("job.sh.liquid", "2");
    put("new", "more");
    expect(await templates.prepare(placeOf(one, 1))).toEqual(["new"]);
    expect(await templates.prepare(placeOf(one, 2))).toEqual([]);
  });

  it("a template that a task makes before the first run does not count as changed", async () => {
    const { put, batch } = rig();
    put("other", "");
    const one = batch({ templates: ["job.sh.liquid"] });
    const templates = templatesWith();
    await templates.survey([one], { mayAppear: () => true });
    put("job.sh.liquid", "1");
    expect(await templates.prepare(placeOf(one))).toEqual([]);
  });
});

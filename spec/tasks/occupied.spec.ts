/** Old files at the destination of a `move`, which stay among the new ones. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensembleOf, shell } from "../support/program.js";

const archiving = (dest: string): string =>
  ensembleOf(3, "echo new > new.nc", {
    more: `      post_run: [{name: move, args: {dest: ${dest}}}, {name: remove}]\n`,
  });

describe("a destination of move that holds old files", () => {
  it("a start with --fresh warns once of destinations that hold files already, and a start that resumes does not", async () => {
    const directory = archiving("../../res");
    const line = "$PROGRAM ensemble.yaml dummy -ms 0";
    expect((await shell(line, { directory })).stderr).not.toContain("holds files already");
    writeFileSync(join(directory, "res/b-1/old.nc"), "old");
    expect((await shell(line, { directory })).stderr).not.toContain("holds files already");
    const { status, stderr } = await shell(`${line} --fresh --yes`, { directory });
    expect(status).toBe(0);
    expect(stderr.match(/holds files already.*/g)).toEqual([
      "holds files already (and 2 more destinations do): `move` adds the new files, and what they do not replace stays",
    ]);
    expect(stderr).toContain(`${join(directory, "res/b-0")} holds files`);
    expect(existsSync(join(directory, "res/b-1/old.nc"))).toBe(true);
  });

  it.each([
    ["the destination is an empty directory", "../../res"],
    ["the destination is on another host", "host:res"],
  ])("a start warns of no old files if %s", async (_, dest) => {
    const directory = archiving(dest);
    mkdirSync(join(directory, "res/b-0"), { recursive: true });
    const { stderr } = await shell("$PROGRAM ensemble.yaml dummy -ms 0 --simulate seconds=0.01", { directory });
    expect(stderr).toContain("e");
    expect(stderr).not.toContain("holds files already");
  });
});

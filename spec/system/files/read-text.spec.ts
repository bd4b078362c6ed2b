import { describe, expect, it } from "vitest";
import { readText } from "../../../lib/system/files/read-text.js";
import { directoryWith, shell } from "../../support/program.js";

describe("readText", () => {
  it("UTF-8 text is read from a file and from a pipe", async () => {
    const directory = directoryWith({ "a.yaml": "name: Zoë\n" });
    expect(await readText(`${directory}/a.yaml`)).toEqual({ text: "name: Zoë\n" });
    const writing = shell("mkfifo pipe; touch made; cat a.yaml > pipe", { directory });
    while ("problem" in (await readText(`${directory}/made`)));
    expect(await readText(`${directory}/pipe`)).toEqual({ text: "name: Zoë\n" });
    await writing;
  });

  it.each([
    ["/no/such/file", "there is no such file or directory"],
    ["/", "it is a directory"],
    ["/dev/zero", "it is larger than 128 MiB"],
  ])("%s cannot be read as text", async (path, problem) => {
    expect(await readText(path)).toEqual({ problem });
  });
});

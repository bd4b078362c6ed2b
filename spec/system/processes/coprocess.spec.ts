/** Specs of a coprocess: a program that answers line by line. */
import { describe, expect, it } from "vitest";
import { openCoprocess } from "../../../lib/system/processes/coprocess.js";

const bash = (script: string) => openCoprocess("bash", ["-c", script]);

describe("openCoprocess", () => {
  it("one process answers all questions in order", async () => {
    const ask = bash('while read -r line; do echo "$$ $line"; done');
    const answers = (await Promise.all(["a", "b", "c"].map((line) => ask(line)))).map((answer) => answer.split(" "));
    expect(answers.map(([, line]) => line)).toEqual(["a", "b", "c"]);
    expect(new Set(answers.map(([pid]) => pid)).size).toBe(1);
  });

  it("a question fails with the program's last words if the program ends without an answer, and the next one restarts it", async () => {
    const ask = bash("read -r line; if [ $line = die ]; then echo one >&2; echo last words >&2; exit 3; fi; echo fine");
    await expect(ask("die")).rejects.toThrow("last words");
    expect(await ask("live")).toBe("fine");
  });

  it("a question fails if there is no such program", async () => {
    await expect(openCoprocess("/nowhere/python3", [])("x")).rejects.toThrow("ENOENT");
  });
});

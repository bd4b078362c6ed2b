import { join } from "node:path";
import { expect, it } from "vitest";
import { exec } from "../../../lib/system/processes/exec.js";
import { lastOf } from "../../support/emitted.js";
import { alive, directoryWith, eventually, fileOf } from "../../support/program.js";

it("tells what a program answers, in English, and how it ended", async () => {
  const answer = await lastOf(exec("sh", ["-c", 'echo "$LC_ALL"; echo oh >&2; cat; exit 3']));
  expect(answer).toEqual({ status: 3, stdout: "C\n", stderr: "oh\n" });
});

it("tells what is in the way of asking", async () => {
  expect(await lastOf(exec("no-such-program", []))).toMatchObject({ status: null, problem: "ENOENT" });
});

it("is not held up by what a program leaves behind, and takes it away", async () => {
  const { stdout } = await lastOf(exec("sh", ["-c", "sleep 1000 & echo $!"]));
  await eventually(() => !alive(stdout), `${stdout} is still there`);
});

it("ends a program that hangs when nobody wants to know any more", async () => {
  const directory = directoryWith({});
  const line = `sleep 1000 & echo $! > ${join(directory, "child")}; wait`;
  const asked = exec("sh", ["-c", line]).subscribe();
  const child = await fileOf(join(directory, "child"));
  asked.unsubscribe();
  await eventually(() => !alive(child), `${child} is still there`);
});

it("starts nothing when nobody wants to know already", async () => {
  const directory = directoryWith({});
  exec("touch", [join(directory, "touched")])
    .subscribe()
    .unsubscribe();
  await lastOf(exec("true", []));
  expect((await lastOf(exec("ls", [directory]))).stdout).toBe("");
});

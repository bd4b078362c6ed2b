import { join } from "node:path";
import { expect, it } from "vitest";
import { exec } from "../../../lib/system/processes/exec.js";
import { lastOf } from "../../support/emitted.js";
import { alive, directoryWith, eventually, fileOf } from "../../support/program.js";

it("exec emits the output of a program, in English, and its exit status", async () => {
  const answer = await lastOf(exec("sh", ["-c", 'echo "$LC_ALL"; echo oh >&2; cat; exit 3']));
  expect(answer).toEqual({ status: 3, stdout: "C\n", stderr: "oh\n" });
});

it("exec emits the errno if the program cannot be started", async () => {
  expect(await lastOf(exec("no-such-program", []))).toMatchObject({ status: null, problem: "ENOENT" });
});

it("exec does not wait for background children of the program, and ends them", async () => {
  const { stdout } = await lastOf(exec("sh", ["-c", "sleep 1000 & echo $!"]));
  await eventually(() => !alive(stdout), `${stdout} is still there`);
});

it("unsubscribing ends a program that hangs, with its children", async () => {
  const directory = directoryWith({});
  const line = `sleep 1000 & echo $! > ${join(directory, "child")}; wait`;
  const running = exec("sh", ["-c", line]).subscribe();
  const child = await fileOf(join(directory, "child"));
  running.unsubscribe();
  await eventually(() => !alive(child), `${child} is still there`);
});

it("exec starts nothing after an immediate unsubscribe", async () => {
  const directory = directoryWith({});
  exec("touch", [join(directory, "touched")])
    .subscribe()
    .unsubscribe();
  await lastOf(exec("true", []));
  expect((await lastOf(exec("ls", [directory]))).stdout).toBe("");
});

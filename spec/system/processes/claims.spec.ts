/** Traces of commands: how one ended is known to whoever asks later, and nothing about the command is changed by it. */
import { spawnSync, spawn as start } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { claiming, openClaims, TAKEN, take, traceOf, UNCLAIMED } from "../../../lib/system/processes/claims.js";
import { bootId } from "../../../lib/system/processes/process-identity.js";
import { reattach$, trace$ } from "../../../lib/system/processes/reattach.js";
import { emitted } from "../../support/emitted.js";
import { eventually } from "../../support/program.js";

const BOOT = bootId();
const place = () => {
  const directory = mkdtempSync(join(tmpdir(), "claim-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { claim: join(directory, "claims/one"), at: (name: string) => join(directory, name), directory };
};

/** A command line under a claim, to its end. */
const ran = (line: string, claim = fresh()) => {
  const { file, arguments: words } = claiming(commandOf(line), claim);
  return { ...spawnSync(file, words, { encoding: "utf8" }), claim };
};
const fresh = () => {
  const { claim } = place();
  openClaims(join(claim, ".."));
  return claim;
};
const commandOf = (line: string) => ({ file: "/bin/bash", arguments: ["-c", line], directory: "/", output: "" });

describe("a command under a claim", () => {
  it.each([0, 1, 3, 125, 126, 127])("ends with its own exit status, %d", (status) => {
    const { claim, ...ended } = ran(`exit ${status}`);
    expect(ended.status).toBe(status);
    expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status, signal: null });
  });

  it.each(["TERM", "KILL", "SEGV"])("tells of the signal that ended it, %s", (signal) => {
    const { claim, stderr } = ran(`kill -${signal} $$`);
    expect(traceOf(claim, BOOT)).toEqual({ is: "ended", status: null, signal: `SIG${signal}` });
    expect(stderr).toBe("");
  });

  it("prints what it prints, and no word of the shell's", () => {
    const { stdout, stderr } = ran("echo out; echo err >&2; kill -SEGV $$");
    expect({ stdout, stderr }).toEqual({ stdout: "out\n", stderr: "err\n" });
  });

  it("has the environment, descriptors and options that it would have without", () => {
    const line = "env | grep -v -e ^_= -e ^SHLVL= | sort; ls /proc/self/fd | wc -l; echo $-; umask";
    const { file, arguments: words } = commandOf(line);
    expect(ran(line).stdout).toBe(spawnSync(file, words, { encoding: "utf8" }).stdout);
  });

  it("gets its words as they are", () => {
    const words = ["-c", 'printf "%s|" "$@"', "name", "a b", "", "$HOME", "'\"", "*", "-n", "ö\nü"];
    const { file, arguments: all } = claiming({ ...commandOf(""), arguments: words }, fresh());
    expect(spawnSync(file, all, { encoding: "utf8" }).stdout).toBe("a b||$HOME|'\"|*|-n|ö\nü|");
  });

  it("is not started where somebody has the claim", () => {
    const { claim, at } = place();
    expect(take(claim)).toBe(true);
    expect(ran(`touch ${at("started")}`, claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("started"))).toBe(false);
    expect(readFileSync(claim, "utf8")).toBe(`${TAKEN}\n`);
    const once = ran("true");
    expect(ran(`touch ${at("started")}`, once.claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("started"))).toBe(false);
  });

  it("cannot be taken once it was started; what nothing was started under can, again and again", () => {
    const { claim } = place();
    expect([take(claim), take(claim)]).toEqual([true, true]);
    expect(take(ran("true").claim)).toBe(false);
  });
});

describe("what is known later", () => {
  it("is that it runs, and then how it ended", async () => {
    const { at } = place();
    const claim = fresh();
    const { file, arguments: words } = claiming(
      commandOf(`until [ -e ${at("go")} ]; do sleep 0.05; done; exit 4`),
      claim,
    );
    const child = start(file, words, { stdio: "ignore" });
    await eventually(() => traceOf(claim, BOOT).is === "running", "it does not run");
    expect(traceOf(claim, BOOT)).toEqual({ is: "running", pid: child.pid });
    const traces = emitted(trace$(claim, BOOT));
    setTimeout(() => writeFileSync(at("go"), ""), 300);
    expect((await traces).at(0)).toEqual({ is: "running", pid: child.pid });
    expect((await traces).at(-1)).toEqual({ is: "ended", status: 4, signal: null });
    expect(await emitted(reattach$(claim, BOOT))).toEqual([{ status: 4, signal: null }]);
  });

  it("is nothing where it has left without a word, or its number is another's now", async () => {
    const claim = fresh();
    const { file, arguments: words } = claiming(commandOf("sleep 100"), claim);
    const child = start(file, words, { stdio: "ignore", detached: true });
    await eventually(() => traceOf(claim, BOOT).is === "running", "it does not run");
    process.kill(-child.pid!, "SIGKILL");
    await eventually(() => traceOf(claim, BOOT).is === "unknown", "it is not seen to be gone");
    expect(await emitted(reattach$(claim, BOOT))).toEqual(["unknown"]);
    // This process has that number; it was not started when the claim was.
    writeFileSync(claim, readFileSync(claim, "utf8").replace(/^\d+/, String(process.pid)));
    expect(traceOf(claim, BOOT)).toEqual({ is: "unknown" });
  });

  it("is nothing after the machine was started anew, but how it ended", () => {
    const { claim } = place();
    expect(traceOf(claim, BOOT)).toEqual({ is: "absent" });
    expect(traceOf(claim, "another")).toEqual({ is: "unknown" });
    expect(traceOf(ran("exit 2").claim, "another")).toEqual({ is: "ended", status: 2, signal: null });
    const running = ran("true").claim;
    writeFileSync(running, readFileSync(running, "utf8").split("\n")[0]!.replace(BOOT, "another").concat("\n"));
    expect(traceOf(running, "another")).toEqual({ is: "unknown" });
  });

  it("is that nothing was started, and then nothing is: whoever comes late with the claim starts nothing", async () => {
    const { claim, at } = place();
    expect(await emitted(reattach$(claim, BOOT))).toEqual([]);
    expect(ran(`touch ${at("late")}`, claim).status).toBe(UNCLAIMED);
    expect(existsSync(at("late"))).toBe(false);
  });
});

describe("claims", () => {
  it("are forgotten with all that belongs to them, where that is a directory", async () => {
    const claims = openClaims(place().directory);
    const path = claims.path("job");
    mkdirSync(path);
    writeFileSync(join(path, "ended"), "");
    claims.ended(path);
    claims.settle()();
    await eventually(() => !existsSync(path), "it is not forgotten");
  });

  it("are forgotten once what ended is settled, and not before", async () => {
    const { claim } = ran("true");
    const claims = openClaims(join(claim, ".."));
    claims.ended(claim);
    const settled = claims.settle();
    expect(existsSync(claim)).toBe(true);
    settled();
    await eventually(() => !existsSync(claim), "it is not forgotten");
  });
});

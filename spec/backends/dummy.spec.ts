import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concatMap, mergeMap, Observable, range } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { dummy } from "../../lib/backends/dummy.js";
import type { JobReport } from "../../lib/effects/backend.js";
import type { Spawn } from "../../lib/effects/process.js";
import { killEveryGroup, spawn } from "../../lib/system/processes/spawn.js";
import { emitted, failureOf, idsOf, lastOf } from "../support/emitted.js";
import { alive, directoryWith, eventually, fileOf } from "../support/program.js";

const common = { watched: true, token: "t", guard: true };

/** A backend, and a job in a directory of its own. */
const rig = (script: string, name = "b-0", starting: Spawn = spawn) => {
  const directory = directoryWith({ "job.sh": `#!/bin/bash\n${script}\n` });
  const path = (file: string) => join(directory, file);
  const backend = dummy({ spawn: starting });
  const submit$ = idsOf(backend.submit$({ name, script: "job.sh", directory, ...common }));
  return {
    backend,
    directory,
    path,
    submit$,
    read: (file: string) => readFileSync(path(file), "utf8"),
    submit: () => lastOf(submit$),
    /** All that is told of a job. */
    reports: (job: string) => emitted(backend.watch$(job)),
    count: (match: string) => lastOf(backend.count$(match)),
    failure: () => failureOf(submit$),
  };
};

const ENDED: JobReport = { state: "ended" };
const gone = (pid: string) => eventually(() => !alive(pid), `${pid} is still there`);

describe("a job", () => {
  it("is a process in the run's directory, under the name a person would call it by", async () => {
    const { submit, reports, read, directory } = rig('echo "$$ $0 $PWD"; cat');
    const job = await submit();
    expect((await reports(job)).at(-1)).toEqual(ENDED);
    expect(read("job.sh.out")).toBe(`${job} ./job.sh ${directory}\n`);
  });

  it("runs until it ends, and its end is told at once", async () => {
    const { submit, backend, path } = rig("until [ -e go ]; do sleep 0.02; done");
    const job = await submit();
    const told: JobReport[] = [];
    const end = emitted(backend.watch$(job));
    backend
      .watch$(job)
      .subscribe({ next: (report) => told.push(report), error: (error: unknown) => expect.fail(String(error)) });
    expect(told).toEqual([{ state: "running" }]);
    writeFileSync(path("go"), "");
    expect(await end).toEqual([{ state: "running" }, ENDED]);
  });

  it("fails by its exit status or a signal, and says where it printed", async () => {
    for (const [script, status, signal] of [
      ["echo oh; exit 3", 3, null],
      ["kill -9 $$", null, "SIGKILL"],
    ] as const) {
      const { submit, reports, path } = rig(script);
      expect((await reports(await submit())).at(-1)).toEqual({
        state: "ended",
        failure: { reason: "job", cause: "failed", status, signal, log: path("job.sh.out") },
      });
    }
  });

  it("prints into a new file: neither after an earlier job, nor through a link", async () => {
    const { submit, reports, read, path } = rig("echo new");
    writeFileSync(path("job.sh.out"), "old\n");
    await reports(await submit());
    expect(read("job.sh.out")).toBe("new\n");
    writeFileSync(path("precious"), "data");
    rmSync(path("job.sh.out"));
    symlinkSync("precious", path("job.sh.out"));
    await reports(await submit());
    expect([read("job.sh.out"), read("precious")]).toEqual(["new\n", "data"]);
  });

  it("takes with it what it leaves running", async () => {
    const { submit, reports, read } = rig("sleep 1000 & echo $!");
    expect((await reports(await submit())).at(-1)).toEqual(ENDED);
    await gone(read("job.sh.out").trim());
  });

  it("keeps its end for who watches late, and for nobody twice", async () => {
    const { submit, backend, reports } = rig("exit 4");
    const job = await submit();
    await gone(job);
    expect((await reports(job)).at(-1)).toMatchObject({ state: "ended", failure: { status: 4 } });
    expect(await lastOf(backend.watch$(job))).toMatchObject({
      failure: { cause: "not_started", message: `this program has started no job ${job}` },
    });
  });

  it("is ended, children included, when it is watched no longer", async () => {
    const { submit, backend, path } = rig("sleep 1000 & echo $! > child; wait");
    const job = await submit();
    const watching = backend.watch$(job).subscribe();
    const child = await fileOf(path("child"));
    watching.unsubscribe();
    await gone(job);
    await gone(child);
  });

  it("is ended when all that has to do with it is let go of in the moment in which it has started", async () => {
    const { submit$, backend } = rig("exec sleep 1000");
    let id = "";
    const running = submit$.pipe(concatMap((job) => backend.watch$((id = job)))).subscribe();
    running.unsubscribe();
    expect(id).not.toBe("");
    await gone(id);
  });

  it("is ended when nobody waits for its id any more", () => {
    let ended = false;
    const { submit$ } = rig("true", "b-0", () => new Observable(() => () => (ended = true)));
    submit$.subscribe().unsubscribe();
    expect(ended).toBe(true);
  });

  it("goes on, and is counted, though nobody watches it", async () => {
    const { submit, count, path, read } = rig("until [ -e go ]; do sleep 0.02; done; echo done");
    const job = await submit();
    expect([await count("b-"), await count("b-0"), await count("b-00"), await count("")]).toEqual([1, 1, 0, 1]);
    writeFileSync(path("go"), "");
    await gone(job);
    expect(read("job.sh.out")).toBe("done\n");
    await vi.waitFor(async () => expect(await count("")).toBe(0));
  });

  it("ends with the program, watched or not", async () => {
    const { submit } = rig("trap '' TERM; sleep 1000");
    const job = await submit();
    killEveryGroup();
    await gone(job);
  });
});

describe("a job that cannot be started", () => {
  it("says why", async () => {
    const { failure, path } = rig("true");
    const message = (text: string) => ({ reason: "job", cause: "not_started", message: text });
    chmodSync(path("job.sh"), 0o644);
    expect(await failure()).toEqual(message(`${path("job.sh")} is not executable: \`chmod +x\` what it is made from`));
    rmSync(path("job.sh"));
    expect(await failure()).toEqual(message(`${path("job.sh")}: there is no such file or directory`));
    writeFileSync(path("job.sh"), "#!/no/such/shell\n", { mode: 0o755 });
    expect(await failure()).toEqual(message("its first line names an interpreter that does not exist"));
  });

  it("is not executed where its output cannot go", async () => {
    const directory = directoryWith({ "job.sh": "#!/bin/sh\ntouch done\n", "job.sh.out/file": "" });
    const submit$ = dummy({ spawn }).submit$({ name: "b-0", script: "job.sh", directory, ...common });
    await expect(lastOf(submit$)).rejects.toThrow(/job\.sh\.out cannot be made anew/);
    expect(existsSync(join(directory, "done"))).toBe(false);
  });

  it("may be a directory, or missing: neither is a bug", async () => {
    const directory = directoryWith({ "sub/job.sh": "#!/bin/sh\n" });
    const backend = dummy({ spawn });
    const submitted = (script: string) => lastOf(idsOf(backend.submit$({ name: "b-0", script, directory, ...common })));
    await expect(submitted("sub")).rejects.toThrow("sub is not a file");
    await expect(submitted("no/job.sh")).rejects.toThrow("there is no such file");
    const job = await submitted("sub/job.sh");
    await emitted(backend.watch$(job));
    expect(existsSync(join(directory, "sub/job.sh.out"))).toBe(true);
  });
});

it("many jobs at once each have an end of their own", async () => {
  const { submit$, backend } = rig("exit 0");
  const ends = await emitted(range(60).pipe(mergeMap(() => submit$.pipe(concatMap((job) => backend.watch$(job))), 10)));
  expect(ends.filter(({ state }) => state === "ended")).toHaveLength(60);
  expect(await lastOf(backend.count$(""))).toBe(0);
});

/** Jobs of the dummy backend: processes on this machine. */
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concat, concatMap, defer, mergeMap, Observable, of, range, tap, throwError } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { dummy } from "../../lib/backends/dummy.js";
import type { JobReport } from "../../lib/effects/backend.js";
import type { Spawn } from "../../lib/effects/process.js";
import { Abandon, type Failure } from "../../lib/events/failure.js";
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
    /** All reports on a job. */
    reports: (job: string) => emitted(backend.watch$(job)),
    count: (match: string) => lastOf(backend.count$(match)),
    failure: () => failureOf(submit$),
  };
};

const ENDED: JobReport = { state: "ended" };
const gone = (pid: string) => eventually(() => !alive(pid), `${pid} is still there`);

describe("a job", () => {
  it("a job is a process in the run's directory, started as ./job.sh", async () => {
    const { submit, reports, read, directory } = rig('echo "$$ $0 $PWD"; cat');
    const job = await submit();
    expect((await reports(job)).at(-1)).toEqual(ENDED);
    expect(read("job.sh.out")).toBe(`${job} ./job.sh ${directory}\n`);
  });

  it("a job's end is reported at once, to every watcher", async () => {
    const { submit, backend, path } = rig("until [ -e go ]; do sleep 0.02; done");
    const job = await submit();
    const received: JobReport[] = [];
    const end = emitted(backend.watch$(job));
    backend
      .watch$(job)
      .subscribe({ next: (report) => received.push(report), error: (error: unknown) => expect.fail(String(error)) });
    expect(received).toEqual([{ state: "running" }]);
    writeFileSync(path("go"), "");
    expect(await end).toEqual([{ state: "running" }, ENDED]);
  });

  it("the failure of a job names its exit status or signal, its output file and its last lines", async () => {
    for (const [script, status, signal, output] of [
      ["echo oh; exit 3", 3, null, { output: "oh" }],
      ["kill -9 $$", null, "SIGKILL", {}],
    ] as const) {
      const { submit, reports, path } = rig(script);
      expect((await reports(await submit())).at(-1)).toEqual({
        state: "ended",
        failure: { reason: "job", cause: "failed", status, signal, log: path("job.sh.out"), ...output },
      });
    }
  });

  it("a job's output goes to a new file, neither behind an earlier job's nor through a link", async () => {
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

  it("a retry keeps the output of each earlier try under a number, and has the plain name itself", async () => {
    const { backend, directory, path, read } = rig('echo "try $(cat number)"');
    writeFileSync(path("job.sh.out.notes"), "of the user");
    for (let number = 1; number <= 11; number += 1) {
      writeFileSync(path("number"), String(number));
      const request = {
        name: "b-0",
        script: "job.sh",
        directory,
        ...common,
        ...(number > 1 && { retry: true as const }),
      };
      await emitted(backend.watch$(await lastOf(idsOf(backend.submit$(request)))));
    }
    expect(read("job.sh.out")).toBe("try 11\n");
    for (let number = 1; number <= 10; number += 1) expect(read(`job.sh.out.${number}`)).toBe(`try ${number}\n`);
    expect(read("job.sh.out.notes")).toBe("of the user");
  });

  it("the processes that a job leaves running end with the job", async () => {
    const { submit, reports, read } = rig("sleep 1000 & echo $!");
    expect((await reports(await submit())).at(-1)).toEqual(ENDED);
    await gone(read("job.sh.out").trim());
  });

  it("a watcher who comes after a job's end gets the end, and a second one does not", async () => {
    const { submit, backend, reports } = rig("exit 4");
    const job = await submit();
    await gone(job);
    expect((await reports(job)).at(-1)).toMatchObject({ state: "ended", failure: { status: 4 } });
    expect(await lastOf(backend.watch$(job))).toMatchObject({
      failure: { cause: "not_started", message: `this program has started no job ${job}` },
    });
  });

  it("a job and its children end when its watcher unsubscribes", async () => {
    const { submit, backend, path } = rig("sleep 1000 & echo $! > child; wait");
    const job = await submit();
    const watching = backend.watch$(job).subscribe();
    const child = await fileOf(path("child"));
    watching.unsubscribe();
    await gone(job);
    await gone(child);
  });

  it("a job ends when its watcher unsubscribes in the very moment in which the job started", async () => {
    const { submit$, backend } = rig("exec sleep 1000");
    let id = "";
    const running = submit$.pipe(concatMap((job) => backend.watch$((id = job)))).subscribe();
    running.unsubscribe();
    expect(id).not.toBe("");
    await gone(id);
  });

  it("a job ends when the subscriber leaves before it has the job's id", () => {
    let ended = false;
    const { submit$ } = rig("true", "b-0", () => new Observable(() => () => (ended = true)));
    submit$.subscribe().unsubscribe();
    expect(ended).toBe(true);
  });

  it("a job without a watcher goes on, and is counted until it ends", async () => {
    const { submit, count, path, read } = rig("until [ -e go ]; do sleep 0.02; done; echo done");
    const job = await submit();
    expect([await count("b-"), await count("b-0"), await count("b-00"), await count("")]).toEqual([1, 1, 0, 1]);
    writeFileSync(path("go"), "");
    await gone(job);
    expect(read("job.sh.out")).toBe("done\n");
    await vi.waitFor(async () => expect(await count("")).toBe(0));
  });

  it("a job without a watcher ends with the program", async () => {
    const { submit } = rig("trap '' TERM; sleep 1000");
    const job = await submit();
    killEveryGroup();
    await gone(job);
  });
});

describe("a job whose shell started, but not the job itself", () => {
  const event = (type: "started" | "ended") =>
    type === "started" ? { type, pid: 7 } : ({ type, status: 0, signal: null } as const);
  const failing = (failure: Failure): Spawn => {
    let starts = 0;
    return () =>
      defer(() => {
        starts += 1;
        const rest$ = starts < 3 ? throwError(() => new Abandon(failure)) : of(event("ended"));
        return concat(of(event("started")), rest$);
      });
  };

  it("a job that finds no room for a process is pending until it does, and then goes on", async () => {
    const crowded = { reason: "not_started", command: "x", message: "too many processes", code: "EAGAIN" } as const;
    const { submit$, backend } = rig("true", "b-0", failing(crowded));
    const reports: JobReport[] = [];
    await lastOf(
      submit$.pipe(
        concatMap((job) => backend.watch$(job)),
        tap((report) => reports.push(report)),
      ),
    );
    expect(reports).toEqual([
      { state: "running" },
      { state: "pending", message: "`x` could not be started: too many processes" },
      ENDED,
    ]);
  });

  it("a job whose claim cannot be written ends as not started", async () => {
    const broken = { reason: "storage", path: "/claims", code: "EROFS", message: "read-only" } as const;
    const { submit, reports } = rig("true", "b-0", failing(broken));
    expect((await reports(await submit())).at(-1)).toEqual({
      state: "ended",
      failure: { reason: "job", cause: "not_started", message: "/claims: read-only (EROFS)" },
    });
  });
});

describe("a job that cannot be started", () => {
  it("a job that cannot be started fails with the reason", async () => {
    const { failure, path } = rig("true");
    const message = (text: string) => ({ reason: "job", cause: "not_started", message: text });
    chmodSync(path("job.sh"), 0o644);
    expect(await failure()).toEqual(message(`${path("job.sh")} is not executable: \`chmod +x\` its template`));
    rmSync(path("job.sh"));
    expect(await failure()).toEqual(message(`${path("job.sh")}: there is no such file or directory`));
    writeFileSync(path("job.sh"), "#!/no/such/shell\n", { mode: 0o755 });
    expect(await failure()).toEqual(
      message(`${path("job.sh")}: its first line names the interpreter /no/such/shell, which does not exist`),
    );
    writeFileSync(path("job.sh"), "#!/bin/bash\r\necho\r\n");
    expect(await failure()).toMatchObject({ message: expect.stringContaining("a Windows line break") as string });
    expect(existsSync(path("job.sh.out"))).toBe(false);
  });

  it("bash executes a job file without an interpreter, and messages name that file", async () => {
    const { submit, reports, read, path } = rig("");
    writeFileSync(path("job.sh"), 'a=(1 2); echo "$0 ${a[1]}"; nope\n');
    await reports(await submit());
    expect(read("job.sh.out")).toMatch(/^\.\/job\.sh 2\n\.\/job\.sh: line 1: nope: /);
  });

  it("a job is not started where its output file cannot be made", async () => {
    const directory = directoryWith({ "job.sh": "#!/bin/sh\ntouch done\n", "job.sh.out/file": "" });
    const submit$ = dummy({ spawn }).submit$({ name: "b-0", script: "job.sh", directory, ...common });
    await expect(lastOf(submit$)).rejects.toThrow(/job\.sh\.out cannot be replaced/);
    expect(existsSync(join(directory, "done"))).toBe(false);
  });

  it("a job file that is a directory or missing fails the job, and a job file in a folder is started", async () => {
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

it("each of many jobs at once reports its own end", async () => {
  const { submit$, backend } = rig("exit 0");
  const ends = await emitted(range(60).pipe(mergeMap(() => submit$.pipe(concatMap((job) => backend.watch$(job))), 10)));
  expect(ends.filter(({ state }) => state === "ended")).toHaveLength(60);
  expect(await lastOf(backend.count$(""))).toBe(0);
});

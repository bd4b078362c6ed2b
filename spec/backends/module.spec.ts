/** Backends of other people: the one in the documents runs ensembles, and mistakes are told before anything starts. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EMPTY, lastValueFrom, NEVER, type Observable, of, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { type BackendModule, loadBackend, openBackend } from "../../lib/backends/module.js";
import { DEFAULTS, type Event, type RunOptions, runConfiguration } from "../../lib/index.js";
import { spawn } from "../../lib/system/processes/spawn.js";
import { blocksOf } from "../support/documents.js";
import { alive, directoryWith, ensembleOf, eventually, fileOf, program, start } from "../support/program.js";

const EXAMPLE = blocksOf("docs/backends.md").find(({ file }) => file === "local.mjs")?.text ?? "";

/** An ensemble and the backend of the documents beside it. */
const withExample = (runs: number, job: string) => {
  const directory = ensembleOf(runs, job);
  writeFileSync(join(directory, "local.mjs"), EXAMPLE);
  return directory;
};

const all = <T>(value$: Observable<T>): Promise<readonly T[]> =>
  lastValueFrom(value$.pipe(toArray()), { defaultValue: [] });

const eventsOf = (directory: string, options: RunOptions): Promise<readonly Event[]> =>
  all(
    runConfiguration(join(directory, "ensemble.yaml"), {
      ...{ directory, state: join(directory, "state"), max_stagger: 0, running_timeout: 1, check_timeout: 1 },
      ...options,
    }),
  );

const ends = (events: readonly Event[]) =>
  events
    .filter((event) => event.type === "run.finished")
    .map((event) => [event.run, event.ok])
    .sort();

const WORDS = ["ensemble.yaml", "--backend", "local.mjs", "-ms", "0", "-rt", "1", "-ct", "1"];

describe("the backend in the documents", () => {
  it("runs an ensemble, and is known to the journal by its name", async () => {
    const directory = withExample(3, "[ {{ run.number }} != 1 ]");
    const events = await eventsOf(directory, { backend: await loadBackend(join(directory, "local.mjs")) });
    expect(ends(events)).toEqual([
      ["b-0", true],
      ["b-1", false],
      ["b-2", true],
    ]);
    expect(events.find(({ type }) => type === "ensemble.started")).toMatchObject({ backend: "local" });
    expect(events.find((event) => event.type === "run.finished" && !event.ok)).toMatchObject({
      failure: { reason: "job", cause: "failed", status: 1 },
    });
    const elsewhere = await eventsOf(directory, { backend: "dummy" });
    expect(elsewhere.at(-1)).toMatchObject({
      type: "journal.refused",
      message: expect.stringContaining("started on local and cannot be resumed on dummy") as string,
    });
  });

  it("finds its jobs again after a kill -9, and does them once", async () => {
    const directory = withExample(2, "echo did >> did; echo $$ > begun; sleep 3");
    const first = start(WORDS, { directory });
    for (const run of ["b-0", "b-1"]) await fileOf(join(directory, "work", run, "begun"));
    first.child.kill("SIGKILL");
    await first.ended;
    const { status, stderr } = await program(WORDS, { directory });
    expect(status, stderr).toBe(0);
    for (const run of ["b-0", "b-1"]) {
      expect(readFileSync(join(directory, "work", run, "did"), "utf8")).toBe("did\n");
    }
  });

  it("ends its jobs when they are let go of", async () => {
    const directory = withExample(1, "echo $$ > begun; exec sleep 1000");
    const running = start(WORDS, { directory });
    const pid = await fileOf(join(directory, "work/b-0/begun"));
    await running.until(/submitted/);
    running.child.kill("SIGINT");
    await running.until(/stopping/);
    running.child.kill("SIGINT");
    expect((await running.ended).status).toBe(130);
    await eventually(() => !alive(pid), "the job goes on");
  });

  it("works in the background", async () => {
    const directory = withExample(1, "echo here > done-it");
    const { status, stderr } = await program(["-d", ...WORDS], { directory });
    expect(status, stderr).toBe(0);
    expect(await fileOf(join(directory, "work/b-0/done-it"))).toBe("here");
    await eventually(
      () => /succeeded/.test(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")),
      "it does not come to its end",
    );
  });
});

describe("a module that is no backend", () => {
  const MISTAKES: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
    "has a syntax error": ["export const name = ;", /cannot be loaded: [^]*Unexpected token/],
    throws: ["throw new Error('no licence')", /cannot be loaded: no licence/],
    "imports what is not there": ["import 'nowhere-at-all'", /cannot be loaded: Cannot find package 'nowhere-at-all'/],
    "has no open": ["export const name = 'mine'", /has no `open`/],
    "has no name": ["export const open = () => ({})", /has no `name`/],
    "has a name of two words": ["export const name = 'a b', open = () => ({})", /has no `name`/],
    "has one of our names": ["export const name = 'slurm', open = () => ({})", /is called slurm, as one of/],
  };

  it.each(Object.entries(MISTAKES))("%s", async (_, [text, told]) => {
    const directory = directoryWith({ "mine.mjs": text });
    const loading = loadBackend(join(directory, "mine.mjs"));
    await expect(loading).rejects.toThrow(RangeError);
    await expect(loading).rejects.toThrow(told);
  });

  it("is not there, or is a directory", async () => {
    const directory = directoryWith({});
    await expect(loadBackend(join(directory, "mine.js"))).rejects.toThrow(/there is no such file/);
    await expect(loadBackend(directory)).rejects.toThrow(/is not a file/);
  });

  it.each([[["-d"]], [[]]])("is told before anything starts (%j)", async (words) => {
    const directory = ensembleOf(1, "true");
    const told = await program([...words, "ensemble.yaml", "--backend", "mine.js"], { directory });
    expect(told).toMatchObject({ status: 2, stderr: "error: the backend mine.js: there is no such file\n" });
    for (const name of ["work", "logs", ".ensemble"]) expect(existsSync(join(directory, name))).toBe(false);
  });

  it("is told with the place of a syntax error", async () => {
    const directory = ensembleOf(1, "true");
    writeFileSync(join(directory, "mine.mjs"), "export const name = 'mine';\nexport const open = ;\n");
    const told = await program(["ensemble.yaml", "--backend", "mine.mjs"], { directory });
    expect(told).toMatchObject({
      status: 2,
      stderr: "error: the backend mine.mjs cannot be loaded: Unexpected token ';' in line 2\n",
    });
  });

  it.each([
    ["throws", "throw new Error('no licence')", "the backend mine cannot be opened: no licence"],
    ["gives half of one", "return { submit$() {}, watch$() {} }", "has no adopt$, count$"],
    ["gives nothing", "", "has no submit$, adopt$, watch$, count$"],
  ])("and neither does one whose open %s", async (_, body, message) => {
    const directory = ensembleOf(1, "true");
    writeFileSync(join(directory, "mine.mjs"), `export const name = "mine";\nexport const open = () => { ${body} };\n`);
    const { status, stderr } = await program(["ensemble.yaml", "--backend", "mine.mjs"], { directory });
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync(join(directory, "work"))).toBe(false);
    // Nothing of it is in the way of another one.
    expect((await program(["ensemble.yaml", "dummy", "-ms", "0"], { directory })).status).toBe(0);
  });

  it("is not asked where jobs are only played", async () => {
    const directory = ensembleOf(1, "true");
    const words = ["ensemble.yaml", "--backend", "mine.js", "--simulate", "time=0s", "-ms", "0", "-ct", "1"];
    expect((await program(words, { directory })).status).toBe(0);
  });
});

describe("what a backend of other people returns", () => {
  const opened = (parts: Partial<Awaited<ReturnType<BackendModule["open"]>>>) =>
    openBackend(
      {
        name: "mine",
        open: () => ({ submit$: () => EMPTY, adopt$: () => EMPTY, watch$: () => EMPTY, count$: () => of(0), ...parts }),
      },
      { spawn, settings: DEFAULTS, directory: "/" },
    );
  const request = { name: "a", script: "job.sh", directory: "/", watched: true, token: "0", guard: false };

  it("may be a promise, of nothing too, and an async iterable", async () => {
    const backend = await opened({
      submit$: () => Promise.resolve({ job: 7 as unknown as string }),
      adopt$: () => Promise.resolve(undefined),
      watch$: async function* () {
        yield { state: "running" };
        await Promise.resolve();
        yield { state: "ended" };
      },
      count$: () => Promise.resolve(3),
    });
    expect(await all(backend.submit$(request))).toEqual([{ job: "7" }]);
    expect(await all(backend.adopt$(request, { boot: "" }))).toEqual([]);
    expect(await all(backend.watch$("7"))).toEqual([{ state: "running" }, { state: "ended" }]);
    expect(await all(backend.count$("a"))).toEqual([3]);
  });

  it("is about a job where it is thrown, and no mistake of this program", async () => {
    const no = () => {
      throw new Error("no queue");
    };
    const backend = await opened({ submit$: () => Promise.resolve().then(no), adopt$: no, watch$: no });
    const failure = (cause: string) => ({ failure: { reason: "job", cause, message: "no queue" } });
    await expect(all(backend.submit$(request))).rejects.toMatchObject(failure("not_started"));
    await expect(all(backend.adopt$(request, { boot: "" }))).rejects.toMatchObject(failure("lost"));
    expect(await all(backend.watch$("1"))).toEqual([{ state: "ended", ...failure("lost") }]);
  });

  it("is told that nobody listens any more", async () => {
    const signals: AbortSignal[] = [];
    const backend = await opened({
      watch$: (_, signal) => {
        signals.push(signal);
        return NEVER;
      },
    });
    backend.watch$("1").subscribe().unsubscribe();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

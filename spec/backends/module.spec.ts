/** Backends of the user's own: the one in docs/backends.md runs ensembles, and the program reports mistakes before it starts anything. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EMPTY, lastValueFrom, NEVER, type Observable, of, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { type ForeignBackend, openBackend } from "../../lib/backends/foreign.js";
import { type BackendModule, loadBackend } from "../../lib/backends/module.js";
import { DEFAULTS, type Event, type RunOptions, runConfiguration } from "../../lib/index.js";
import { spawn } from "../../lib/system/processes/spawn.js";
import { blocksOf, textOf } from "../support/documents.js";
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
  it("the backend in the documents runs an ensemble, and the journal knows it by its name", async () => {
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

  it("the backend in the documents finds its jobs again after a kill -9, and runs each once", async () => {
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

  it("the backend in the documents ends its jobs when Ctrl-C is pressed twice", async () => {
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

  it("the backend in the documents runs an ensemble in the background", async () => {
    const directory = withExample(1, "echo here > done-it");
    const { status, stderr } = await program(["-d", ...WORDS], { directory });
    expect(status, stderr).toBe(0);
    expect(await fileOf(join(directory, "work/b-0/done-it"))).toBe("here");
    await eventually(
      () => /succeeded/.test(readFileSync(join(directory, "logs/ensemble.yaml.log"), "utf8")),
      "it does not come to its end",
    );
  });

  it("model_ensemble cancel ends the jobs of the backend in the documents, by its module alone", async () => {
    const directory = withExample(3, "echo $$ > begun; [ {{ run.number }} = 2 ] || exec sleep 1000");
    const first = start(WORDS, { directory });
    const pids = [];
    for (const run of ["b-0", "b-1"]) pids.push(await fileOf(join(directory, "work", run, "begun")));
    await first.until(/b-2 succeeded/);
    first.child.kill("SIGKILL");
    await first.ended;
    writeFileSync(join(directory, "bare.mjs"), EXAMPLE.replace("cancel$:", "other:"));
    expect(await program(["cancel", "--all", "--backend", "bare.mjs"], { directory })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("the backend local cannot cancel jobs: its module has no `cancel$`") as string,
    });
    const { status, stdout, stderr } = await program(["cancel", "--all", "--backend", "local.mjs"], { directory });
    expect(status, stderr).toBe(0);
    for (const run of ["b-0", "b-1"]) expect(stdout).toMatch(new RegExp(`^${run}: job \\S+ cancelled$`, "m"));
    expect(stdout).toMatch(/^2 jobs cancelled/m);
    expect(pids.map(alive)).toEqual([false, false]);
  });
});

describe("a module that is not a backend", () => {
  const MISTAKES: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
    "has a syntax error": ["export const name = ;", /cannot be loaded: [^]*Unexpected token/],
    throws: ["throw new Error('no licence')", /cannot be loaded: no licence/],
    "imports what is not there": ["import 'nowhere-at-all'", /cannot be loaded: Cannot find package 'nowhere-at-all'/],
    "has no open": ["export const name = 'mine'", /has no `open`/],
    "has no name": ["export const open = () => ({})", /has no `name`/],
    "has a name of two words": ["export const name = 'a b', open = () => ({})", /has no `name`/],
    "has the name of a backend": ["export const name = 'slurm', open = () => ({})", /is called slurm, as one of/],
    "has the name of the simulation": [
      "export const name = 'simulated', open = () => ({})",
      /called simulated, as one of/,
    ],
    "exports open and dialect": ["export const open = () => ({}), dialect = {}", /both `open` and `dialect`/],
  };

  it.each(Object.entries(MISTAKES))("a module is refused that %s", async (_, [text, told]) => {
    const directory = directoryWith({ "mine.mjs": text });
    const loading = loadBackend(join(directory, "mine.mjs"));
    await expect(loading).rejects.toThrow(RangeError);
    await expect(loading).rejects.toThrow(told);
  });

  it("a module is refused that is not there, or is a directory", async () => {
    const directory = directoryWith({});
    await expect(loadBackend(join(directory, "mine.js"))).rejects.toThrow(/there is no such file/);
    await expect(loadBackend(directory)).rejects.toThrow(/is not a file/);
  });

  it.each([[["-d"]], [[]]])(
    "a missing module is reported before anything starts (with the options %j)",
    async (words) => {
      const directory = ensembleOf(1, "true");
      const told = await program([...words, "ensemble.yaml", "--backend", "mine.js"], { directory });
      expect(told).toMatchObject({ status: 2, stderr: "error: the backend mine.js: there is no such file\n" });
      for (const name of ["work", "logs", ".ensemble"]) expect(existsSync(join(directory, name))).toBe(false);
    },
  );

  it("a syntax error in a module is reported with its line", async () => {
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
    ["returns a backend without adopt$ and count$", "return { submit$() {}, watch$() {} }", "has no adopt$, count$"],
    ["returns nothing", "", "has no submit$, adopt$, watch$, count$"],
  ])("nothing starts with a module whose open %s", async (_, body, message) => {
    const directory = ensembleOf(1, "true");
    writeFileSync(join(directory, "mine.mjs"), `export const name = "mine";\nexport const open = () => { ${body} };\n`);
    const { status, stderr } = await program(["ensemble.yaml", "--backend", "mine.mjs"], { directory });
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync(join(directory, "work"))).toBe(false);
    // The failed start has left nothing behind that keeps another backend from starting.
    expect((await program(["ensemble.yaml", "dummy", "-ms", "0"], { directory })).status).toBe(0);
  });

  it("a simulation does not load the module", async () => {
    const directory = ensembleOf(1, "true");
    const words = ["ensemble.yaml", "--backend", "mine.js", "--simulate", "time=0s", "-ms", "0", "-ct", "1"];
    expect((await program(words, { directory })).status).toBe(0);
  });
});

describe("what the functions of a module's backend return", () => {
  const opened = (parts: Partial<ForeignBackend>) =>
    openBackend(
      {
        name: "mine",
        open: () => ({ submit$: () => EMPTY, adopt$: () => EMPTY, watch$: () => EMPTY, count$: () => of(0), ...parts }),
      },
      { spawn, settings: DEFAULTS, directory: "/" },
    );
  const request = { name: "a", script: "job.sh", directory: "/", watched: true, token: "0", guard: false };

  it("a module's backend may return promises (also of undefined) and async iterables", async () => {
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

  it("what a module's backend throws fails the job, and is no bug of the program", async () => {
    const no = () => {
      throw new Error("no queue");
    };
    const backend = await opened({ submit$: () => Promise.resolve().then(no), adopt$: no, watch$: no });
    const failure = (cause: string) => ({ failure: { reason: "job", cause, message: "no queue" } });
    await expect(all(backend.submit$(request))).rejects.toMatchObject(failure("not_started"));
    await expect(all(backend.adopt$(request, { boot: "" }))).rejects.toMatchObject(failure("lost"));
    expect(await all(backend.watch$("1"))).toEqual([{ state: "ended", ...failure("lost") }]);
  });

  it("the signal of a module's function is aborted when the program unsubscribes", async () => {
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

  const targets = ["b-0", "b-1"].map((what) => ({
    ...{ what, token: what, id: `id-${what}`, boot: "", claims: { path: (name: string) => name } },
  }));

  it("a module's cancel$ may be an async iterable, and a job that it does not report on counts as not cancelled", async () => {
    const backend = await opened({
      cancel$: async function* ([first]) {
        await Promise.resolve();
        if (first !== undefined) yield { is: "cancelled", what: first.what, job: "id-b-0" };
      },
    });
    expect(await all(backend.cancel$?.(targets) ?? EMPTY)).toEqual([
      { is: "cancelled", what: "b-0", job: "id-b-0" },
      { is: "refused", what: "b-1", job: "id-b-1", message: "the backend has not reported on it" },
    ]);
    expect((await opened({})).cancel$).toBeUndefined();
  });

  it("what a module's cancel$ throws is the reason why the jobs could not be cancelled", async () => {
    const backend = await opened({ cancel$: () => Promise.reject(new Error("no queue")) });
    expect(await all(backend.cancel$?.(targets) ?? EMPTY)).toMatchObject([
      { is: "refused", what: "b-0", message: "no queue" },
      { is: "refused", what: "b-1", message: "no queue" },
    ]);
  });

  it("the signal of a module's cancel$ is aborted when the program unsubscribes", async () => {
    const signals: AbortSignal[] = [];
    const backend = await opened({
      cancel$: (_, signal) => {
        signals.push(signal);
        return NEVER;
      },
    });
    backend.cancel$?.(targets).subscribe().unsubscribe();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe("a dialect that is not whole", () => {
  const loading = (dialect: string) => {
    const text = `const words = () => [];\nexport const dialect = ${dialect};\n`;
    return loadBackend(join(directoryWith({ "mine.mjs": text }), "mine.mjs"));
  };
  const TEXTS = (names: string) =>
    names
      .split(" ")
      .map((name) => `${name}: "x"`)
      .join(", ");
  const LISTED =
    "environment directives submitArguments submitAnswer outputOf queueArguments queueRows cancelArguments";
  const WHOLE = [
    'name: "mine", title: "Mine", programs: { submit: "s", queue: "q", cancel: "c" }, trialScript: ""',
    ...`${LISTED} cancelObjection detailsCommand`.split(" ").map((name) => `${name}: words`),
    `jobVariables: { ${TEXTS("id cluster restarts node arrayTask startAgain")}, reservedStatuses: [] }`,
    "accountsShowMarks: false, accountsShowCancel: true, forgetsJobs: false, cancelAtOnce: 1",
    "siteDefaults: { message_timeout_s: 1, min_job_age_s: 1, accounting: false }",
  ].join(",\n");

  it("a dialect needs no members for an accounting or a site program that its scheduler does not have", async () => {
    expect(await loading(`{ ${WHOLE} }`)).toMatchObject({ dialect: { name: "mine" } });
  });

  const MISTAKES: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
    "is a function": ["words", /has no name \(a text\), title \(a text\), programs.submit \(a text\)/],
    "is null": ["null", /has no name/],
    "lacks members": [
      `{ ${WHOLE}, queueRows: 7, jobVariables: {} }`,
      /has no jobVariables.id .*, queueRows \(a function\)$/,
    ],
    "names an accounting program": [
      `{ ${WHOLE}, programs: { submit: "s", queue: "q", cancel: "c", accounting: "a" } }`,
      /has no accountingArguments \(a function\), accountingRows \(a function\), accountingAtOnce \(a number\)$/,
    ],
    "has a name of two words": [`{ ${WHOLE}, name: "my own" }`, /is called "my own": name it in one lower-case word/],
    "has the name of a backend": [`{ ${WHOLE}, name: "slurm" }`, /is called slurm, as a backend of this program is/],
    "has the alias of a backend": [`{ ${WHOLE}, name: "sge" }`, /is called sge, as a backend of this program is/],
    "has the name of the simulation": [`{ ${WHOLE}, name: "simulated" }`, /is called simulated, as a backend/],
  };

  it.each(Object.entries(MISTAKES))("a dialect is refused that %s", async (_, [text, told]) => {
    await expect(loading(text)).rejects.toThrow(RangeError);
    await expect(loading(text)).rejects.toThrow(told);
  });

  it("the page on backends explains every member of a dialect", async () => {
    const refusal = await loading('{ programs: { accounting: "a", site: "s" } }').then(
      () => "",
      (error: unknown) => String(error),
    );
    const members = [...refusal.matchAll(/(\w+)(?:\.\w+)? \(a \w+\)/g)].map(([, name = ""]) => name);
    expect(members).toContain("accountingRows");
    const table = textOf("docs/backends.md").split("## A scheduler of your own")[1]?.split("###")[0] ?? "";
    expect(members.filter((name) => !new RegExp(`\`${name}\\b`).test(table))).toEqual([]);
  });

  it("nothing starts with a dialect that is not whole, in a file or in the options of the library", async () => {
    const directory = ensembleOf(1, "true");
    writeFileSync(join(directory, "mine.mjs"), 'export const dialect = { name: "mine", title: "Mine" };\n');
    const { status, stderr } = await program(["ensemble.yaml", "--backend", "mine.mjs"], { directory });
    expect(stderr).toMatch(/^error: the dialect of the backend mine.mjs has no programs.submit \(a text\), [^\n]*\n$/);
    expect(status).toBe(2);
    const given = { dialect: { name: "mine" } } as unknown as BackendModule;
    await expect(eventsOf(directory, { backend: given })).rejects.toThrow(/the dialect of the backend has no title/);
    expect(existsSync(join(directory, "work"))).toBe(false);
  });
});

/** The house keeps its rules: who imports whom, one door for each package, small files, and time only where it belongs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

interface Source {
  /** From the root of the project: `lib/stream/run.ts`. */
  readonly path: string;
  readonly text: string;
  /** The same without comments. */
  readonly code: string;
  /** What it imports: files from the root of the project, packages by name. */
  readonly imports: readonly string[];
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");

const importsOf = (path: string, code: string): readonly string[] =>
  [...code.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
    ([, named, bare, lazy]) => {
      const name = named ?? bare ?? lazy ?? "";
      return name.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), name)).replace(/\.js$/, ".ts") : name;
    },
  );

const sources: readonly Source[] = ["lib", "cli"].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(top, name);
      const text = readFileSync(join(ROOT, path), "utf8");
      const code = withoutComments(text);
      return { path, text, code, imports: importsOf(path, code) };
    }),
);

/** The first folder below `lib`; all of `cli` is one room, and so is the door of the library. */
const roomOf = (path: string): string => {
  if (path.startsWith("cli/")) return "cli";
  const [, room = "", file] = path.split("/");
  return file === undefined ? basename(room, ".ts") : room;
};

/** Which rooms, packages and Node modules a room may import, besides itself. */
const MAY: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  diagnostics: [],
  plan: ["node:path"],
  events: ["diagnostics"],
  effects: ["events", "plan", "rxjs"],
  state: ["events"],
  history: ["events", "plan", "node:crypto"],
  operators: ["events", "rxjs"],
  config: ["plan", "diagnostics", "yaml", "zod", "node:path"],
  jinja: ["plan", "diagnostics"],
  stream: ["effects", "events", "plan", "history", "state", "operators", "rxjs"],
  system: ["effects", "events", "rxjs", "execa", /^node:/],
  tasks: ["effects", "events", "plan", "system", "rxjs", /^node:/],
  templates: ["effects", "events", "plan", "diagnostics", "jinja", "system", "liquidjs", /^node:/],
  journal: ["events", "history", "system", "rxjs", /^node:/],
  scheduler: ["effects", "events", "plan", "operators", "system", "rxjs", /^node:/],
  backends: ["scheduler", "effects", "events", "plan", "diagnostics", "system", "rxjs", /^node:/],
  wiring: [/^(?!cli|index)/],
  index: [
    "wiring",
    "backends",
    "diagnostics",
    "effects",
    "events",
    "journal",
    "plan",
    "scheduler",
    "state",
    "system",
    "templates",
  ],
  // The names of the backends, by themselves: `--help` lists them, and must load nothing else.
  cli: ["lib/index.ts", "lib/backends/names.ts", "rxjs", "commander", "listr2", "chalk", "cli-truncate", /^node:/],
};

const allowed = (source: Source, target: string): boolean => {
  const room = roomOf(source.path);
  const inside = target.startsWith("lib/") || target.startsWith("cli/");
  if (inside && roomOf(target) === room) return true;
  const name = inside && room !== "cli" ? roomOf(target) : target;
  return (MAY[room] ?? []).some((may) => (typeof may === "string" ? may === name : may.test(name)));
};

/** Each package comes in by one door: a room, or a part of one. */
const DOORS: readonly (readonly [name: string, door: RegExp])[] = [
  ["yaml", /^lib\/config\//],
  ["zod", /^lib\/config\//],
  ["liquidjs", /^lib\/templates\/liquid/],
  ["execa", /^lib\/system\//],
  ["commander", /^cli\//],
  ["listr2", /^cli\/views\//],
  ["chalk", /^cli\/views\//],
];

const DEPRECATED =
  /\b(repeatWhen|retryWhen|multicast|publish\w*|refCount|mapTo|mergeMapTo|concatMapTo|switchMapTo|pluck|flatMap|exhaust|timeoutWith|toPromise)\b/;

/** Which files subscribe besides `lib/index.ts`, the wiring and `cli/`, and why they must. */
const SUBSCRIBERS = new Set([
  // A seat is held by a subscription of its own, which begins when the seat is free.
  "lib/operators/slots.ts",
  // A job goes on whether somebody watches it or not.
  "lib/backends/dummy.ts",
]);

/** Types and classes, exported or not, and values that are exported. */
const DECLARATION = /^(?:export )?(?:interface|type|class) (\w+)|^export (?:const|function) (\w+\$?)/gm;

const grouped = <T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
};

/**
 * Circles among the files and folders that lie in one folder, for every folder; a folder imports what any file in it
 * imports. A circle of files anywhere is a circle here, at the folder that they have in common.
 */
const circles = (all: readonly Source[]): readonly string[] => {
  const imports = new Map<string, Set<string>>();
  for (const { path, imports: targets } of all) {
    for (const target of targets.filter((one) => /^(lib|cli)\//.test(one))) {
      const [from, to] = [path.split("/"), target.split("/")];
      const shared = from.findIndex((part, index) => part !== to[index]);
      if (shared < 0) continue;
      const [one, other] = [from, to].map((parts) => parts.slice(0, shared + 1).join("/")) as [string, string];
      imports.set(one, (imports.get(one) ?? new Set()).add(other));
    }
  }
  const reachable = (start: string): ReadonlySet<string> => {
    const reached = new Set(imports.get(start));
    for (const node of reached) for (const next of imports.get(node) ?? []) reached.add(next);
    return reached;
  };
  const reach = new Map([...imports.keys()].map((node) => [node, reachable(node)]));
  const inCircle = [...reach].filter(([node, reached]) => reached.has(node));
  return [
    ...new Set(
      inCircle.map(([node, reached]) =>
        [...reached]
          .filter((other) => reach.get(other)?.has(node))
          .sort()
          .join(", "),
      ),
    ),
  ];
};

const offenders = (so: (source: Source) => boolean): readonly string[] => sources.filter(so).map(({ path }) => path);

describe("the house", () => {
  it("is looked at as a whole", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.find(({ path }) => path === "lib/stream/run.ts")?.imports).toContain("lib/stream/job.ts");
    expect(
      sources.flatMap(({ imports }) => imports).filter((name) => name.endsWith(".ts") && !existsSync(join(ROOT, name))),
    ).toEqual([]);
  });

  it("has a rule for every room", () => {
    expect([...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => !(room in MAY))).toEqual([]);
  });

  it("lets each room import what the table says, and nothing else", () => {
    const wrong = sources.flatMap((source) =>
      source.imports.filter((target) => !allowed(source, target)).map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no circle of imports, neither of files nor of folders", () => {
    expect(circles(sources)).toEqual([]);
  });

  it("would see a circle of two folders whose files have none", () => {
    const of = (path: string, ...imports: string[]): Source => ({ path, text: "", code: "", imports });
    const two = [of("lib/a/1.ts", "lib/b/1.ts"), of("lib/b/1.ts"), of("lib/b/2.ts", "lib/a/2.ts"), of("lib/a/2.ts")];
    expect(circles(two)).toEqual(["lib/a, lib/b"]);
    expect(circles([of("lib/a/1.ts", "lib/a/2.ts"), of("lib/a/2.ts", "lib/a/1.ts")])).toEqual([
      "lib/a/1.ts, lib/a/2.ts",
    ]);
  });

  it("names no product in the scheduler room, which is true of every scheduler", () => {
    const product =
      /slurm|sbatch|squeue|sacct|\bscancel|scontrol|srun|qsub|qstat|qacct|qdel|grid ?engine|\bsge\b|\bpbs\b|\blsf\b/i;
    expect(offenders(({ path, text }) => path.startsWith("lib/scheduler/") && product.test(text))).toEqual([]);
  });

  it("holds index.ts alone at the top of lib", () => {
    expect(sources.map(({ path }) => path).filter((path) => /^lib\/[^/]+$/.test(path))).toEqual(["lib/index.ts"]);
  });

  it("has at most 15 files in a folder", () => {
    const counts = grouped(sources, ({ path }) => dirname(path));
    expect([...counts].filter(([, files]) => files.length > 15).map(([folder]) => folder)).toEqual([]);
  });

  it("gives a file name to at most three files, besides the commands", () => {
    const named = grouped(
      sources.filter(({ path }) => !path.startsWith("cli/commands/")),
      ({ path }) => basename(path),
    );
    expect([...named].filter(([, files]) => files.length > 3).map(([name]) => name)).toEqual([]);
  });

  it("gives a name to one type only, and to one exported value only", () => {
    // The door of the library has its functions by the names that they have inside.
    const inside = sources.filter(({ path }) => path !== "lib/index.ts");
    const declared = inside.flatMap(({ path, code }) =>
      [...code.matchAll(DECLARATION)].map(([, type, value]) => ({ name: type ?? value ?? "", path })),
    );
    expect(declared.length).toBeGreaterThan(500);
    const named = grouped(declared, ({ name }) => name);
    expect([...named].filter(([, all]) => all.length > 1).map(([, all]) => all)).toEqual([]);
  });

  it.each(DOORS)("lets %s in by its own door", (name, door) => {
    expect(offenders(({ path, imports }) => imports.includes(name) && !door.test(path))).toEqual([]);
  });

  it("lets --help wait for nothing of the library", () => {
    const atOnce = ({ path, code }: Source): readonly string[] =>
      importsOf(path, code.replace(/^(?:import|export) type\b[^;]*;/gm, "").replace(/\bimport\("[^"]+"\)/g, ""));
    const reached = new Set(["cli/main.ts"]);
    for (const path of reached) {
      const source = sources.find((one) => one.path === path);
      for (const target of source === undefined ? [] : atOnce(source)) reached.add(target);
    }
    expect(reached).toContain("cli/arguments/parse.ts");
    expect([...reached].filter((path) => path.startsWith("lib/"))).toEqual(["lib/backends/names.ts"]);
  });

  it("keeps the heart free of Node and of promises", () => {
    const heart = (path: string) => /^lib\/(stream|operators)\//.test(path);
    expect(offenders(({ path, code }) => heart(path) && /\b(await|async|Promise|process\.)\b/.test(code))).toEqual([]);
  });

  it("takes time from timers of rxjs, and from clocks at the edge alone", () => {
    const edge = /^(cli\/|lib\/(system|journal|tasks|backends|templates)\/)/;
    const clock = /\b(setTimeout|setInterval|Date\.now|performance\.now)\b|new Date\(\)/;
    expect(offenders(({ path, code }) => !edge.test(path) && clock.test(code))).toEqual([]);
  });

  it("subscribes at the rim, and hardly elsewhere", () => {
    const rim = ({ path }: Source) => /^(cli|lib\/wiring)\/|^lib\/index\.ts$/.test(path) || SUBSCRIBERS.has(path);
    expect(offenders((source) => !rim(source) && /\.(subscribe|connect)\(|\bconnectable\(/.test(source.code))).toEqual(
      [],
    );
  });

  it("names no exception that is none", () => {
    expect(
      [...SUBSCRIBERS].filter(
        (path) => !sources.some((source) => source.path === path && /\.subscribe\(/.test(source.code)),
      ),
    ).toEqual([]);
  });

  it("uses no operator that rxjs has deprecated", () => {
    expect(
      offenders(({ code }) => /import \{[^}]*\} from "rxjs"/.test(code) && DEPRECATED.test(importedFromRxjs(code))),
    ).toEqual([]);
  });

  it("opens each file with a sentence on what it is for", () => {
    expect(offenders(({ text }) => !/^(#!.*\n)?\/\*\*[\s\S]+?[.:?!][\s\S]*?\*\/\n/.test(text))).toEqual([]);
  });

  it("has small files: above 250 lines, the first comment says why", () => {
    const excused = (text: string) =>
      /\b(long|longer|length|lines)\b/.test(/^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "");
    expect(offenders(({ text }) => text.trimEnd().split("\n").length > 250 && !excused(text))).toEqual([]);
  });

  it("no file uses mkdir with `recursive`, which spins for ever where a parent exists and answers ENOENT", () => {
    const recursive = /\bmkdir(Sync)?\([^;]*?\brecursive\b/;
    expect(recursive.test("mkdirSync(dirname(path), { recursive: true, mode: 0o700 });")).toBe(true);
    expect(offenders(({ code }) => recursive.test(code))).toEqual([]);
  });

  it("holds no enum, no any, and nothing that is yet to be done", () => {
    expect(offenders(({ code }) => /\benum \w+ \{|: any\b|as any\b|<any>/.test(code))).toEqual([]);
    expect(offenders(({ text }) => /\b(TODO|FIXME|XXX)\b/.test(text))).toEqual([]);
  });
});

const importedFromRxjs = (code: string): string =>
  [...code.matchAll(/import (?:type )?\{([^}]*)\} from "rxjs[^"]*"/g)].map(([, names = ""]) => names).join();

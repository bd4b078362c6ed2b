/** The rules of the house: which room imports which, one room for each package, small files, and clocks at the edge. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import {
  circles,
  deadImports,
  entryFor,
  importsOf,
  inOneRoom,
  MAY_IMPORT,
  ROOT,
  roomOf,
  type Source,
  sources,
} from "./support/rooms.js";

/** Each package is imported in one room only, or in one part of a room. */
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

/** The files, besides `lib/index.ts`, the wiring and `cli/`, that subscribe; each with its reason. */
const SUBSCRIBERS = new Set([
  // Work that waits for a slot has a subscription of its own, which starts when the slot is free.
  "lib/operators/slots.ts",
  // A job continues whether the stream watches it or not.
  "lib/backends/dummy.ts",
]);

/** Types and classes, exported or not, and exported values. */
const DECLARATION = /^(?:export )?(?:interface|type|class) (\w+)|^export (?:const|function) (\w+\$?)/gm;

const grouped = <T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
};

const offenders = (breaks: (source: Source) => boolean): readonly string[] =>
  sources.filter(breaks).map(({ path }) => path);

describe("the house", () => {
  it("the house spec reads every file of lib and cli, and every import in them leads to a file", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.find(({ path }) => path === "lib/stream/run.ts")?.imports).toContain("lib/stream/job.ts");
    expect(deadImports).toEqual([]);
  });

  it("every room has a row in the import table", () => {
    expect([...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it("a room imports only what the import table allows", () => {
    const wrong = sources.flatMap((source) =>
      source.imports
        .filter((target) => !inOneRoom(source, target) && entryFor(source, target) === undefined)
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("the import table allows nothing that no file imports", () => {
    const used = new Set(
      sources.flatMap((source) =>
        source.imports.map((target) => `${roomOf(source.path)}: ${String(entryFor(source, target))}`),
      ),
    );
    const allowed = Object.entries(MAY_IMPORT).flatMap(([room, entries]) => entries.map((one) => `${room}: ${one}`));
    expect(allowed.filter((one) => !used.has(one))).toEqual([]);
  });

  it("in the import table, every room comes after the rooms that it imports", () => {
    const order = Object.keys(MAY_IMPORT);
    const early = Object.entries(MAY_IMPORT).flatMap(([room, entries]) =>
      entries.filter((one) => order.indexOf(one) >= order.indexOf(room)).map((one) => `${room} before ${one}`),
    );
    expect(early).toEqual([]);
  });

  it("imports form no circle, neither of files nor of folders", () => {
    expect(circles(sources)).toEqual([]);
  });

  it("the check for circles finds two folders that import each other through different files", () => {
    const file = (path: string, ...imports: string[]): Source => ({ path, text: "", code: "", imports });
    const two = [
      file("lib/a/1.ts", "lib/b/1.ts"),
      file("lib/b/1.ts"),
      file("lib/b/2.ts", "lib/a/2.ts"),
      file("lib/a/2.ts"),
    ];
    expect(circles(two)).toEqual(["lib/a, lib/b"]);
    expect(circles([file("lib/a/1.ts", "lib/a/2.ts"), file("lib/a/2.ts", "lib/a/1.ts")])).toEqual([
      "lib/a/1.ts, lib/a/2.ts",
    ]);
  });

  it("no file of lib/scheduler names a product, since the room serves every scheduler", () => {
    const product =
      /slurm|sbatch|squeue|sacct|\bscancel|scontrol|srun|qsub|qstat|qacct|qdel|grid ?engine|\bsge\b|\bpbs\b|\blsf\b/i;
    expect(offenders(({ path, text }) => path.startsWith("lib/scheduler/") && product.test(text))).toEqual([]);
  });

  it("lib/index.ts is the only file at the top of lib", () => {
    expect(sources.map(({ path }) => path).filter((path) => /^lib\/[^/]+$/.test(path))).toEqual(["lib/index.ts"]);
  });

  it("a folder has at most 15 files", () => {
    const counts = grouped(sources, ({ path }) => dirname(path));
    expect([...counts].filter(([, files]) => files.length > 15).map(([folder]) => folder)).toEqual([]);
  });

  it("at most three files share a name, besides the commands", () => {
    const named = grouped(
      sources.filter(({ path }) => !path.startsWith("cli/commands/")),
      ({ path }) => basename(path),
    );
    expect([...named].filter(([, files]) => files.length > 3).map(([name]) => name)).toEqual([]);
  });

  it("no two types share a name, nor do two exported values", () => {
    // `lib/index.ts` exports functions of the rooms again, under the same names.
    const inside = sources.filter(({ path }) => path !== "lib/index.ts");
    const declared = inside.flatMap(({ path, code }) =>
      [...code.matchAll(DECLARATION)].map(([, type, value]) => ({ name: type ?? value ?? "", path })),
    );
    expect(declared.length).toBeGreaterThan(500);
    const named = grouped(declared, ({ name }) => name);
    expect([...named].filter(([, all]) => all.length > 1).map(([, all]) => all)).toEqual([]);
  });

  it.each(DOORS)("the package %s is imported only by files that match %s", (name, door) => {
    expect(offenders(({ path, imports }) => imports.includes(name) && !door.test(path))).toEqual([]);
  });

  it("--help loads no file of lib but the names of the backends", () => {
    const atOnce = ({ path, code }: Source): readonly string[] =>
      importsOf(path, code.replace(/^(?:import|export) type\b[^;]*;/gm, "").replace(/\bimport\("[^"]+"\)/g, ""));
    // `cli/main.ts` itself loads the rest on demand, after it has handled the first signals.
    const reached = new Set(["cli/main.ts", ...(sources.find(({ path }) => path === "cli/main.ts")?.imports ?? [])]);
    for (const path of reached) {
      const source = sources.find((one) => one.path === path);
      for (const target of source === undefined ? [] : atOnce(source)) reached.add(target);
    }
    expect(reached).toContain("cli/arguments/parse.ts");
    expect([...reached].filter((path) => path.startsWith("lib/"))).toEqual(["lib/backends/names.ts"]);
  });

  it("the stream and its operators use neither promises nor the process", () => {
    const heart = (path: string) => /^lib\/(stream|operators)\//.test(path);
    expect(offenders(({ path, code }) => heart(path) && /\b(await|async|Promise|process\.)\b/.test(code))).toEqual([]);
  });

  it("only rooms at the edge read clocks; all other rooms wait by timers of rxjs", () => {
    const edge = /^(cli\/|lib\/(system|journal|tasks|backends|templates)\/)/;
    const clock = /\b(setTimeout|setInterval|Date\.now|performance\.now)\b|new Date\(\)/;
    expect(offenders(({ path, code }) => !edge.test(path) && clock.test(code))).toEqual([]);
  });

  it("only cli, the wiring, lib/index.ts and the listed exceptions subscribe", () => {
    const maySubscribe = ({ path }: Source) =>
      /^(cli|lib\/wiring)\/|^lib\/index\.ts$/.test(path) || SUBSCRIBERS.has(path);
    expect(
      offenders((source) => !maySubscribe(source) && /\.(subscribe|connect)\(|\bconnectable\(/.test(source.code)),
    ).toEqual([]);
  });

  it("every file that is listed as an exception subscribes", () => {
    expect(
      [...SUBSCRIBERS].filter(
        (path) => !sources.some((source) => source.path === path && /\.subscribe\(/.test(source.code)),
      ),
    ).toEqual([]);
  });

  it("no file uses an operator that rxjs has deprecated", () => {
    expect(
      offenders(({ code }) => /import \{[^}]*\} from "rxjs"/.test(code) && DEPRECATED.test(importedFromRxjs(code))),
    ).toEqual([]);
  });

  it("every file opens with a sentence on what it is", () => {
    expect(offenders(({ text }) => !/^(#!.*\n)?\/\*\*[\s\S]+?[.:?!][\s\S]*?\*\/\n/.test(text))).toEqual([]);
  });

  it("a file has at most 250 lines, or its first comment says why it is longer", () => {
    const excused = (text: string) =>
      /\b(long|longer|length|lines)\b/.test(/^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "");
    expect(offenders(({ text }) => text.trimEnd().split("\n").length > 250 && !excused(text))).toEqual([]);
  });

  it("no file uses mkdir with `recursive`, which never returns if a parent directory exists and answers ENOENT", () => {
    const recursive = /\bmkdir(Sync)?\([^;]*?\brecursive\b/;
    expect(recursive.test("mkdirSync(dirname(path), { recursive: true, mode: 0o700 });")).toBe(true);
    expect(offenders(({ code }) => recursive.test(code))).toEqual([]);
  });

  it("no file has an enum, an `any`, or a note on work that is still to do", () => {
    expect(offenders(({ code }) => /\benum \w+ \{|: any\b|as any\b|<any>/.test(code))).toEqual([]);
    expect(offenders(({ text }) => /\b(TODO|FIXME|XXX)\b/.test(text))).toEqual([]);
  });

  it("no sentence in the code, the specs and the documents has an actor without a name", () => {
    // Unix has a user nobody and a group nobody.
    const nameless = /(?<!\b(?:user|group) )\b[Nn]obody\b|\b[Ss]omebody\b|\b[Ww]ho(?:ever)\b/;
    const texts = ["README.md", ...["lib", "cli", "spec", "docs"].flatMap(filesBelow)];
    const lines = texts.flatMap((path) =>
      readFileSync(join(ROOT, path), "utf8")
        .split("\n")
        .flatMap((line, index) => (nameless.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(lines).toEqual([]);
  });
});

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

const importedFromRxjs = (code: string): string =>
  [...code.matchAll(/import (?:type )?\{([^}]*)\} from "rxjs[^"]*"/g)].map(([, names = ""]) => names).join();

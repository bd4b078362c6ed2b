/** Specs of docs/architecture.md: its rooms, folders, files and imports are those of the code. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, textOf } from "../support/documents.js";
import { folders, MAY_IMPORT, ROOT, roomsTable, sources } from "../support/rooms.js";

const PAGE = "docs/architecture.md";
const text = textOf(PAGE);

/** The tables' rows, by cell. */
const rows = [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(" | "));

/** The words of a table cell that are in backquotes. */
const quoted = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);

/** The rooms of the table with three columns, and what each may import. */
const rooms = rows
  .filter(({ length }) => length === 3)
  .flatMap(([first = "", , imports = ""]) => {
    const match = /^`(?:lib\/(\w+)(?:\/|\.ts)|cli\/)`$/.exec(first);
    return match === null ? [] : [[match[1] ?? "cli", quoted(imports)] as const];
  });

describe("docs/architecture.md", () => {
  it("docs/architecture.md has a line for every folder below lib and cli, and for no other", () => {
    const lines = rows.map(([first = ""]) => first).filter((first) => /^`[\w/]+\/`(, `[\w/]+\/`)*$/.test(first));
    const named = lines.flatMap(quoted).filter((folder) => folder !== "cli/");
    expect(named.map((folder) => folder.slice(0, -1)).sort()).toEqual([...folders].sort());
  });

  it("every file and folder that docs/architecture.md names exists", () => {
    const named = [...text.matchAll(/(?:lib|cli|spec|docs|\.config|\.ci)\/[\w./-]*\w/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("every name that docs/architecture.md places in a file is in that file", () => {
    const placed = [...text.matchAll(/`(\w+)`\s+in\s+`([\w./-]+\.ts)`/g)].map(
      ([, name, path]) => [name!, path!] as const,
    );
    expect(placed.length).toBeGreaterThan(2);
    expect(placed.filter(([name, path]) => !readFileSync(join(ROOT, path), "utf8").includes(name))).toEqual([]);
  });

  it("the table of imports in docs/architecture.md is the one that the house spec checks", () => {
    expect(rooms).toEqual(Object.entries(MAY_IMPORT));
  });

  it("in the picture of docs/architecture.md, every room stands once, and above the rooms that it imports", () => {
    const lines = (blocksOf(PAGE)[0]?.text ?? "")
      .split("\n")
      .flatMap((line) => /^[^│]*│ (\w.*)$/.exec(line)?.[1] ?? []);
    const levelOf = new Map(lines.flatMap((line, level) => line.split(/ +/).map((room) => [room, level] as const)));
    expect(lines.join(" ").split(/ +/).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
    const upward = Object.entries(MAY_IMPORT).flatMap(([room, entries]) =>
      entries
        .filter((one) => one in MAY_IMPORT && levelOf.get(one)! <= levelOf.get(room)!)
        .map((one) => `${room} to ${one}`),
    );
    expect(upward).toEqual([]);
  });

  it("the two hops in docs/architecture.md from lib/index.ts to the stream are imports", () => {
    const [, ...files] = /`([^`]*)`\s→\s`([^`]*)`\s→\s`([^`]*)`/.exec(text) ?? [];
    expect(files.map((path) => path.split("/").slice(0, 2).join("/"))).toEqual([
      "lib/index.ts",
      "lib/wiring",
      "lib/stream",
    ]);
    for (const [index, to] of files.slice(1).entries())
      expect(sources.find(({ path }) => path === files[index])?.imports).toContain(to);
  });

  it("`npm run rooms` prints a row for every room, and finds no circle", () => {
    const printed = roomsTable();
    expect(printed.split("\n").map((line) => line.split(" ")[0])).toEqual(
      expect.arrayContaining(Object.keys(MAY_IMPORT)),
    );
    expect(printed).toMatch(/circles: none; at the top of lib: lib\/index\.ts$/);
  });
});

/** The rooms of the project: the sources, the imports of each source, and the table of what each room may import. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

export interface Source {
  /** From the root of the project: `lib/stream/run.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** The files that it imports, from the root of the project, and the packages, by name. */
  readonly imports: readonly string[];
}

/**
 * What each room may import besides itself: rooms, packages, Node modules, and single files of rooms that are otherwise
 * closed to it. A room is a folder of `lib`; `index` is the file at the top of `lib`, and all of `cli` is one room. Every
 * room comes after the rooms that it imports.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  diagnostics: [],
  plan: ["node:path"],
  events: ["diagnostics"],
  effects: ["events", "plan", "rxjs"],
  state: ["events"],
  history: ["events", "plan", "node:crypto"],
  operators: ["events", "rxjs"],
  stream: ["effects", "events", "plan", "history", "state", "operators", "rxjs"],
  config: ["plan", "diagnostics", "yaml", "zod", "node:path"],
  jinja: ["plan", "diagnostics"],
  system: ["effects", "events", "rxjs", "execa", "node:*"],
  tasks: ["effects", "events", "plan", "system", "rxjs", "node:*"],
  templates: ["effects", "events", "plan", "diagnostics", "jinja", "system", "liquidjs", "node:*"],
  journal: ["events", "history", "system", "rxjs", "node:*"],
  scheduler: ["effects", "events", "plan", "operators", "system", "rxjs", "node:*"],
  backends: ["scheduler", "effects", "events", "plan", "diagnostics", "system", "rxjs", "node:*"],
  wiring: [
    ...["diagnostics", "plan", "events", "effects", "history", "operators", "stream"],
    ...["config", "system", "tasks", "templates", "journal", "backends", "rxjs", "node:*"],
  ],
  index: [
    ...["diagnostics", "plan", "events", "effects", "state", "system", "templates"],
    ...["journal", "scheduler", "backends", "wiring"],
  ],
  // `--help` lists the names of the backends, and must load nothing else.
  cli: ["lib/index.ts", "lib/backends/names.ts", "rxjs", "commander", "listr2", "chalk", "cli-truncate", "node:*"],
};

export const roomOf = (path: string): string => {
  if (path.startsWith("cli/")) return "cli";
  const [, room = "", file] = path.split("/");
  return file === undefined ? basename(room, ".ts") : room;
};

/** The entry of the table that allows a source to import a target outside its room; undefined if no entry allows it. */
export const entryFor = (source: Source, target: string): string | undefined => {
  const room = roomOf(source.path);
  const name = isOurs(target) && room !== "cli" ? roomOf(target) : target;
  return MAY_IMPORT[room]?.find((entry) => entry === name || (entry === "node:*" && name.startsWith("node:")));
};

/** Whether both files are in one room. */
export const inOneRoom = (source: Source, target: string): boolean =>
  isOurs(target) && roomOf(target) === roomOf(source.path);

const isOurs = (target: string): boolean => /^(lib|cli)\//.test(target);

export const importsOf = (path: string, code: string): readonly string[] =>
  [...code.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm)].map(
    ([, named, bare, lazy]) => {
      const name = named ?? bare ?? lazy ?? "";
      return name.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), name)).replace(/\.js$/, ".ts") : name;
    },
  );

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");

/** Every file and folder below `lib` and `cli`, from the root of the project. */
const entries = ["lib", "cli"].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true }).map((entry) => ({
    path: relative(ROOT, join(entry.parentPath, entry.name)),
    isFolder: entry.isDirectory(),
  })),
);

export const folders: readonly string[] = entries.filter(({ isFolder }) => isFolder).map(({ path }) => path);

export const sources: readonly Source[] = entries
  .filter(({ path, isFolder }) => !isFolder && path.endsWith(".ts"))
  .map(({ path }) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const code = withoutComments(text);
    return { path, text, code, imports: importsOf(path, code) };
  });

/** Imports that lead to no file. */
export const deadImports: readonly string[] = sources
  .flatMap(({ imports }) => imports)
  .filter((name) => name.endsWith(".ts") && !existsSync(join(ROOT, name)));

/**
 * Import circles among the files and folders of one folder, for every folder. A folder imports what any file in it
 * imports, so a circle of files in several folders is a circle in the folder that contains them all.
 */
export const circles = (all: readonly Source[]): readonly string[] => {
  const imports = new Map<string, Set<string>>();
  for (const { path, imports: targets } of all) {
    for (const target of targets.filter(isOurs)) {
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

/** A table of the rooms: files, lines, and what the files import from outside of the room. */
export const roomsTable = (): string => {
  const rows = Object.keys(MAY_IMPORT).map((room) => {
    const inside = sources.filter(({ path }) => roomOf(path) === room);
    const lines = inside.reduce((sum, { text }) => sum + text.trimEnd().split("\n").length, 0);
    const outside = inside.flatMap((source) =>
      source.imports
        .filter((target) => !inOneRoom(source, target))
        .map((target) => entryFor(source, target) ?? `${target} (not allowed)`),
    );
    const table = MAY_IMPORT[room] ?? [];
    const imported = [...new Set(outside)].sort((a, b) => table.indexOf(a) - table.indexOf(b));
    return { room, files: inside.length, lines, imported };
  });
  const arrows = rows.flatMap(({ imported }) => imported.filter((entry) => entry in MAY_IMPORT)).length;
  const loose = sources.filter(({ path }) => /^lib\/[^/]+$/.test(path)).map(({ path }) => path);
  return [
    `${"room".padEnd(12)}${"files".padStart(5)}${"lines".padStart(7)}  imports`,
    ...rows.map(
      ({ room, files, lines, imported }) =>
        `${room.padEnd(12)}${String(files).padStart(5)}${String(lines).padStart(7)}  ${imported.join(" ") || "-"}`,
    ),
    "",
    `${arrows} imports between rooms of lib; circles: ${circles(sources).join("; ") || "none"}; at the top of lib: ${loose.join(", ")}`,
  ].join("\n");
};

/** A module with a backend of the user's own: what it exports, and how the program loads it. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dialect } from "../scheduler/dialect.js";
import { checkDialect } from "./dialect-members.js";
import { type OpenModule, wordsOf } from "./foreign.js";
import { isNameTaken } from "./names.js";

/** What a module exports: one of the two. */
export type BackendModule = OpenModule | DialectModule;

/** A module that describes a batch scheduler: the program makes the backend, and calls it by the name of the dialect. */
export interface DialectModule {
  readonly dialect: Dialect;
}

/** The name of a module's backend. */
export const moduleName = (module: BackendModule): string => ("open" in module ? module.name : module.dialect.name);

/** Loads a module. Throws a `RangeError`, a sentence, if the module is not a backend. */
export const loadBackend = async (file: string): Promise<BackendModule> => {
  const path = resolve(file);
  if (!existsSync(path)) throw new RangeError(`the backend ${file}: there is no such file`);
  if (!statSync(path).isFile()) throw new RangeError(`the backend ${file} is not a file`);
  let found: Readonly<Record<string, unknown>>;
  try {
    found = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new RangeError(`the backend ${file} cannot be loaded: ${wordsOf(error)}${placeIn(path, error)}`);
  }
  const { name, open, dialect } = found;
  if (open !== undefined && dialect !== undefined)
    throw new RangeError(`the backend ${file} exports both \`open\` and \`dialect\`: export one of them`);
  if (dialect !== undefined) return { dialect: checkDialect(dialect, `the backend ${file}`) };
  if (typeof open !== "function") {
    throw new RangeError(
      `the backend ${file} has no \`open\`: export a function that makes the backend, or a \`dialect\` that describes a scheduler`,
    );
  }
  if (typeof name !== "string" || !/^[\w.-]+$/.test(name)) {
    throw new RangeError(
      `the backend ${file} has no \`name\`: export one of letters, digits, dots and dashes, by which its ensembles are known`,
    );
  }
  if (isNameTaken(name))
    throw new RangeError(`the backend ${file} is called ${name}, as one of this program is: rename it`);
  return { name, open: open as OpenModule["open"] };
};

/** Node tells the line of a syntax error to people only, at the beginning of what it prints. */
const placeIn = (path: string, error: unknown): string => {
  if (!(error instanceof SyntaxError)) return "";
  const { stderr } = spawnSync(process.execPath, ["--check", path], { encoding: "utf8" });
  const [first = ""] = stderr.split("\n");
  const line = /:(\d+)$/.exec(first)?.[1];
  return line === undefined ? "" : ` in line ${line}`;
};

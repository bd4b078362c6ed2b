/** The configurations under `fixtures/`, and how specs look at them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Reading, readConfiguration } from "../../lib/config/read.js";

export const ROOT = join(import.meta.dirname, "..", "..");

const INVALID = join(ROOT, "fixtures", "invalid");

export interface Invalid {
  readonly file: string;
  readonly text: string;
  /** `line:column severity code`, as the comments at its start say. */
  readonly expected: readonly string[];
  /** What an editor makes of it that knows the JSON Schema and nothing else. */
  readonly editor: "accepts" | "refuses" | "cannot read";
}

export const invalid: readonly Invalid[] = readdirSync(INVALID).map((file) => {
  const text = readFileSync(join(INVALID, file), "utf8");
  const [first = "", ...rest] = text.split("\n");
  const end = rest.findIndex((line) => !line.startsWith("# "));
  const editor = first.replace("# editor: ", "") as Invalid["editor"];
  return { file, text, editor, expected: rest.slice(0, end).map((line) => line.slice(2)) };
});

/** Every ensemble of `fixtures/ensembles`. */
export const ensembles: readonly string[] = readdirSync(join(ROOT, "fixtures"), { recursive: true, encoding: "utf8" })
  .filter((file) => /^ensembles\/[^/]+\/[^/]+\.ya?ml$/.test(file))
  .map((file) => join(ROOT, "fixtures", file))
  .filter((file) => existsSync(file));

export const read = (text: string, extra = {}): Reading =>
  readConfiguration(text, { file: "ensemble.yaml", directory: "/start", extra });

/** What was found, as the fixtures write it. */
export const found = (reading: Reading): readonly string[] =>
  ofItself(reading).map(({ line, column, severity, code }) => {
    const place = line === undefined ? "file" : `${line}:${String(column)}`;
    return `${place} ${severity} ${code}`;
  });

export const codes = (reading: Reading): readonly string[] => ofItself(reading).map(({ code }) => code);

/** Without what another program would make of it, which most configurations have something of. */
const ofItself = ({ diagnostics }: Reading) => diagnostics.filter(({ code }) => !code.startsWith("python-"));

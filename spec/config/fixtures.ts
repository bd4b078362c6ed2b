/** The configurations under `fixtures/`, with helpers that read them and list their diagnostics. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Reading, readConfiguration } from "../../lib/config/read.js";
import { type Settings, settingsOf } from "../../lib/plan/settings.js";

export const ROOT = join(import.meta.dirname, "..", "..");

const INVALID = join(ROOT, "fixtures", "invalid");

export interface Invalid {
  readonly file: string;
  readonly text: string;
  /** `line:column severity code`, from the comments at the top of the file. */
  readonly expected: readonly string[];
  /** The verdict of an editor that knows the JSON Schema and nothing else. */
  readonly editor: "accepts" | "refuses" | "cannot read";
}

export const invalid: readonly Invalid[] = readdirSync(INVALID).map((file) => {
  const text = readFileSync(join(INVALID, file), "utf8");
  const [first = "", ...rest] = text.split("\n");
  const end = rest.findIndex((line) => !line.startsWith("# "));
  const editor = first.replace("# editor: ", "") as Invalid["editor"];
  return { file, text, editor, expected: rest.slice(0, end).map((line) => line.slice(2)) };
});

/** The configuration of each ensemble in `fixtures/ensembles`. */
export const ensembles: readonly string[] = readdirSync(join(ROOT, "fixtures"), { recursive: true, encoding: "utf8" })
  .filter((file) => /^ensembles\/[^/]+\/[^/]+\.ya?ml$/.test(file))
  .map((file) => join(ROOT, "fixtures", file))
  .filter((file) => existsSync(file));

export const read = (text: string, extra = {}, settings: Partial<Settings> = {}): Reading =>
  readConfiguration(text, { file: "ensemble.yaml", directory: "/start", extra, settings: settingsOf(settings) });

/** The diagnostics, in the form that the fixtures use. */
export const found = (reading: Reading): readonly string[] =>
  withoutPythonNotes(reading).map(({ line, column, severity, code }) => {
    const place = line === undefined ? "file" : `${line}:${String(column)}`;
    return `${place} ${severity} ${code}`;
  });

export const codes = (reading: Reading): readonly string[] => withoutPythonNotes(reading).map(({ code }) => code);

/** Nearly every configuration gets notes on what the Python tool would do with it; these specs leave them out. */
const withoutPythonNotes = ({ diagnostics }: Reading) => diagnostics.filter(({ code }) => !code.startsWith("python-"));

/** Fixture ensembles, which the built program runs, each in a new copy. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { eventsIn, MAIN } from "./program.js";

export const FIXTURES = join(import.meta.dirname, "../../fixtures/ensembles");

export const fixtureNames = (): readonly string[] => readdirSync(FIXTURES).sort();

export interface Fixture {
  readonly directory: string;
  /** Runs the ensemble on this machine, without needless waits. */
  readonly run: (...options: readonly string[]) => Promise<FixtureResult>;
  /** The text of a file, trimmed. */
  readonly text: (path: string) => string;
  readonly has: (path: string) => boolean;
  readonly list: (path: string) => readonly string[];
}

export interface FixtureResult {
  readonly status: number | string | null | undefined;
  readonly stderr: string;
  readonly events: ReturnType<typeof eventsIn>;
  /** The runs of all events of this type, in the order of the events. `where`: only events with these values. */
  readonly runs: (type: string, where?: Readonly<Record<string, unknown>>) => readonly string[];
}

/** A copy of a fixture in a new directory, which is removed after the test. */
export const fixture = (name: string): Fixture => {
  const directory = mkdtempSync(join(tmpdir(), `fixture-${name}-`));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  // A relative link must stay relative, or the link would lead back to the fixture.
  cpSync(join(FIXTURES, name), directory, { recursive: true, verbatimSymlinks: true });
  return {
    directory,
    run: (...options) => runProgram(["ensemble.yaml", "dummy", "-ms", "0", "-ct", "1", ...options], directory),
    text: (path) => readFileSync(join(directory, path), "utf8").trim(),
    has: (path) => existsSync(join(directory, path)),
    list: (path) => readdirSync(join(directory, path)).sort(),
  };
};

/** Runs the program to its end, and collects its events. */
export const runProgram = async (words: readonly string[], directory: string): Promise<FixtureResult> => {
  // A fixture may have stand-ins for programs that not every machine has.
  const PATH = `${join(directory, "bin")}:${process.env["PATH"] ?? ""}`;
  const { status, stdout, stderr } = await ended([...words, "--json"], directory, { ...process.env, PATH });
  const events = eventsIn(stdout);
  const fits = (event: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>) =>
    Object.entries(wanted).every(([name, value]) => event[name] === value);
  return {
    status,
    stderr,
    events,
    runs: (type, where = {}) => events.filter((event) => fits(event, { type, ...where })).map(({ run }) => String(run)),
  };
};

/** Runs the program. This also works in a hook, for tests that share the results of one ensemble. */
const ended = (words: readonly string[], cwd: string, env: NodeJS.ProcessEnv) =>
  new Promise<{ status: FixtureResult["status"]; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd, env, maxBuffer: 2 ** 28, timeout: 60_000, killSignal: "SIGTERM" } as const;
    execFile(process.execPath, [MAIN, ...words], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
    );
  });

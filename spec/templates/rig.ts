/** The test rig for templates: a template directory and a batch, in a temporary directory for each test. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { RunPlace } from "../../lib/effects/effects.js";
import { Abandon, type Failure } from "../../lib/events/failure.js";
import { type Batch, variablesOf } from "../../lib/plan/plan.js";
import { DEFAULTS, type Settings } from "../../lib/plan/settings.js";
import type { Variables } from "../../lib/plan/values.js";
import { openTemplates, type Templates } from "../../lib/templates/templates.js";

export interface Rig {
  readonly root: string;
  /** A path in the template directory. */
  readonly at: (...path: readonly string[]) => string;
  /** A path in the base directory of the runs. */
  readonly runs: (...path: readonly string[]) => string;
  /** Writes a file to the template directory. */
  readonly put: (path: string, text: string, mode?: number) => void;
  readonly batch: (changes?: Partial<Batch>, runs?: readonly Variables[]) => Batch;
}

export const rig = (): Rig => {
  const root = mkdtempSync(join(tmpdir(), "templates-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const at = (...path: readonly string[]) => join(root, "template", ...path);
  const runs = (...path: readonly string[]) => join(root, "runs", ...path);
  mkdirSync(at());
  mkdirSync(runs());
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  const batch = (changes: Partial<Batch> = {}, own: readonly Variables[] = [{}]): Batch => ({
    name: "tst",
    basedir: runs(),
    templatedir: at(),
    templates: [],
    maxruns: 1,
    maxjobs: 1,
    repeat: false,
    after: [],
    needs: [],
    post_run_on_failure: false,
    guard: true,
    undefined: "error",
    template_engine: "builtin",
    allow_remove: [],
    pre_batch: [],
    pre_run: [],
    post_run: [],
    post_batch: [],
    shared: {},
    extra: {},
    runs: own.map((variables, index) => ({
      id: `tst-${index}`,
      index,
      directory: runs(`tst-${index}`),
      own: variables,
    })),
    ...changes,
  });
  return { root, at, runs, put, batch };
};

export const templatesWith = (settings: Partial<Settings> = {}): Templates =>
  openTemplates({ ...DEFAULTS, ...settings });

export const placeOf = (batch: Batch, index = 0, cycle = 1): RunPlace => {
  const run = batch.runs[index]!;
  return { batch, run, directory: run.directory, variables: variablesOf(batch, run, cycle) };
};

/** The failure of some work. */
export const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Abandon) return error.failure;
    throw error;
  }
  throw new Error("it did not fail");
};

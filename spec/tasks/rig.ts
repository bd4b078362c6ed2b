/** Real tasks of one run, in a temporary directory. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { of } from "rxjs";
import { onTestFinished } from "vitest";
import type { CheckResult, Place, WorldTask } from "../../lib/effects/effects.js";
import type { Failure } from "../../lib/events/failure.js";
import type { Batch } from "../../lib/plan/plan.js";
import type { Settings } from "../../lib/plan/settings.js";
import type { Variables } from "../../lib/plan/values.js";
import { openTrash } from "../../lib/system/files/trash.js";
import { spawn } from "../../lib/system/processes/spawn.js";
import { openScratch } from "../../lib/system/scratch.js";
import { performer } from "../../lib/tasks/perform.js";
import { failureOf, lastOf } from "../support/emitted.js";
import { batchOf, effectsOf, planOf, runsOf, settingsOf } from "../support/virtual.js";

export interface Options {
  readonly variables?: Variables;
  readonly settings?: Partial<Settings>;
  /** Keys of the batch `b`, which has the runs `b-0` and `b-1`. Paths are relative to the top. */
  readonly batch?: Partial<Pick<Batch, "basedir" | "templatedir" | "allow_remove">>;
  /** The number of jobs in the scheduler whose names start with `match`. */
  readonly jobs?: (match: string) => number;
}

/**
 * `top` holds `start`, `template` and `base`, and `base` the directories of both runs. Tasks belong to `b-0` unless a
 * spec names another place.
 */
export const rig = ({ variables = {}, settings = {}, batch: batchKeys = {}, jobs = () => 0 }: Options = {}) => {
  const outermost = realpathSync(mkdtempSync(join(tmpdir(), "tasks-")));
  onTestFinished(() => rmSync(outermost, { recursive: true, force: true, maxRetries: 5 }));
  // So deep that a `remove` with a few `..` too many stays inside the temporary directory.
  const top = join(outermost, "1/2/3/4/5");
  const scratch = openScratch();
  onTestFinished(() => scratch.unsubscribe());
  const at = (...names: readonly string[]) => join(top, ...names);

  const basedir = at(batchKeys.basedir ?? "base");
  const runs = runsOf("b", 2).map((run) => ({ ...run, directory: join(basedir, run.id) }));
  const batch: Batch = {
    ...batchOf(),
    basedir,
    templatedir: at(batchKeys.templatedir ?? "template"),
    allow_remove: (batchKeys.allow_remove ?? []).map((path) => resolve(top, path)),
    runs,
  };
  const plan = planOf([batch], { directory: at("start"), configuration: "e.yaml" });
  for (const path of [plan.directory, batch.templatedir, ...runs.map(({ directory }) => directory)]) {
    mkdirSync(path, { recursive: true });
  }

  const [first, second] = runs as [(typeof runs)[0], (typeof runs)[0]];
  const ofRun = (run: typeof first): Place => ({ directory: run.directory, variables, batch, run });
  const places = {
    run: ofRun(first),
    other: ofRun(second),
    batch: { directory: basedir, variables, batch } as Place,
    ensemble: { directory: plan.directory, variables } as Place,
  };
  const performing = performer({
    plan,
    settings: settingsOf(settings),
    backend: { ...effectsOf().backend, count$: (match) => of(jobs(match)) },
    spawn,
    scratch: scratch.directory,
    trash: openTrash(),
  });
  const perform$ = (task: WorldTask, place: keyof typeof places = "run") => performing(task, places[place], "claim");
  return {
    /** A path below the top, and one in the run's directory. */
    at,
    inRun: (...names: readonly string[]) => join(first.directory, ...names),
    scratch: scratch.directory,
    perform$,
    /** Performs a task, and resolves with its result. */
    perform: (task: WorldTask, place?: keyof typeof places): Promise<CheckResult> => lastOf(perform$(task, place)),
    /** Performs a task, and resolves with its failure; undefined if the task succeeded. */
    failure: (task: WorldTask, place?: keyof typeof places): Promise<Failure | undefined> =>
      failureOf(perform$(task, place)),
  };
};

/** A task as a configuration may hold it, also with a reference to a value of the wrong type. */
export const task = (name: WorldTask["name"], args: Readonly<Record<string, unknown>> = {}): WorldTask =>
  ({ name, args }) as WorldTask;

export const withEnvironment = (name: string, value: string): void => {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before;
  });
};

/** Puts an rsync before the real one on PATH, which runs this line first. Returns the line that runs the real one. */
export const meddling = (at: (name: string) => string, line: string): string => {
  mkdirSync(at("bin"));
  writeFileSync(at("bin/rsync"), `#!/bin/bash\n${line}\n`);
  chmodSync(at("bin/rsync"), 0o755);
  const path = process.env.PATH ?? "";
  withEnvironment("PATH", `${at("bin")}:${path}`);
  return `PATH=${path} rsync "$@"`;
};

/** Job scripts with a guard, and starts of them by a real shell. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SLURM } from "../../../lib/backends/slurm/dialect.js";
import type { Dialect } from "../../../lib/scheduler/dialect.js";
import { guarded } from "../../../lib/scheduler/guard/guard.js";
import { directoryWith } from "../../support/program.js";

export interface ScriptOptions {
  /** Lines after the first. */
  readonly header?: string;
  readonly dialect?: Dialect;
  /** Of the script that the scheduler starts. */
  readonly mode?: number;
}

export interface StartOptions {
  readonly uid?: number;
  /** The command that starts the script, before its path; by default the script starts by itself. */
  readonly command?: readonly string[];
}

/** A job script with the guard in it, and a function that starts the script as the scheduler would. */
export const guardedJob = (
  shell: string,
  body: string,
  { header = "#SBATCH -t 1\n\n", dialect = SLURM, mode = 0o755 }: ScriptOptions = {},
) => {
  const root = directoryWith({});
  const directory = join(root, "one");
  mkdirSync(directory);
  const place = { directory, root, mark: "abc.1" };
  const script = guarded(dialect, Buffer.from(`#!${shell}\n${header}${body}`, "latin1"), place);
  const file = join(directoryWith({}), "slurm_script");
  writeFileSync(file, script ?? "", { mode });
  const start = (id: string, variables: Record<string, string> = {}, { uid, command = [] }: StartOptions = {}) => {
    const env = { PATH: process.env.PATH ?? "", SLURM_JOB_ID: id, JOB_ID: id, ...variables };
    const words = [...command, file];
    const program = words.shift() ?? file;
    const options = { env, input: "input\n", encoding: "utf8", ...(uid !== undefined && { uid }) } as const;
    const { status, stdout, stderr } = spawnSync(program, words, options);
    return { status, stdout, stderr };
  };
  return { start, directory, root, file, text: script?.toString("latin1") ?? "" };
};

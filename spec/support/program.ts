/** The built program, run as a user runs it: from a shell, from a terminal, in a directory of its own. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Ended, type ObservedProcess, observe } from "./observed-process.js";

const DIST = join(import.meta.dirname, "../../dist/cli");
export const MAIN = join(DIST, "main.js");

export type { Ended } from "./observed-process.js";

export interface Started extends ObservedProcess {
  /** Types this into the program. */
  type(text: string): void;
}

export interface ProgramOptions {
  /** Its working directory. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A user id that has no entry in /etc/passwd. */
const UNPRIVILEGED_UID = 47_110;

/**
 * Runs a line of shell as a user without privileges, who becomes the owner of the directory. If the specs run as root,
 * this user has no name; otherwise it is the user of the specs.
 */
export const shellUnprivileged = (line: string, options: ProgramOptions): Promise<Ended> => {
  if (process.getuid?.() !== 0) return shell(line, options);
  // That user may not be allowed to read the checkout.
  cpSync(DIST, join(options.directory, ".dist"), { recursive: true });
  for (const name of ["", ...readdirSync(options.directory, { recursive: true, encoding: "utf8" })])
    lchownSync(join(options.directory, name), UNPRIVILEGED_UID, UNPRIVILEGED_UID);
  const dist = line.replaceAll("$PROGRAM", `'${process.execPath}' .dist/main.js`);
  return watched("bash", ["-c", dist], { ...options, uid: UNPRIVILEGED_UID }).ended;
};

/** Runs `model_ensemble` to its end, with pipes for outputs. */
export const program = (words: readonly string[], options: ProgramOptions): Promise<Ended> =>
  start(words, options).ended;

export const start = (words: readonly string[], options: ProgramOptions): Started =>
  watched(process.execPath, [MAIN, ...words], options);

/** Runs a line of shell in which `$PROGRAM` is `model_ensemble`, and `$CHECK` is `model_ensemble_check`. */
export const shell = (line: string, options: ProgramOptions): Promise<Ended> =>
  watched("bash", ["-c", named(line)], options).ended;

/** Runs a line of shell in a pseudo-terminal of 80 columns and 24 lines. */
export const terminal = (line: string, options: ProgramOptions): Started => {
  const command = `stty cols 80 rows 24; ${named(line)}`;
  return watched("script", ["-qfec", command, "/dev/null"], {
    ...options,
    env: { TERM: "xterm-256color", SHELL: "/bin/bash", LANG: "C.UTF-8", ...options.env },
  });
};

export const CTRL_C = "\x03";

const named = (line: string): string =>
  line
    .replaceAll("$PROGRAM", `'${process.execPath}' '${MAIN}'`)
    .replaceAll("$CHECK", `'${process.execPath}' '${join(DIST, "check.js")}'`);

/** A new directory with these files; scripts are executable. The directory is removed after the test. */
export const directoryWith = (files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), "program-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (/\.sh(\.\w+)?$/.test(name)) chmodSync(path, 0o755);
  }
  return directory;
};

/** A directory with `ensemble.yaml`: one batch `b` of `runs` runs, whose jobs all execute the script `job`. */
export const ensembleOf = (
  runs: number,
  job: string,
  { maxruns = runs, more = "" }: { readonly maxruns?: number; readonly more?: string } = {},
): string =>
  directoryWith({
    "template/job.sh.liquid": `#!/bin/bash\n${job}\n`,
    "ensemble.yaml": `ensemble:
  batch_config:
    maxruns: ${maxruns}
    maxjobs: ${maxruns}
  batches:
    - name: b
      templates: [job.sh.liquid]
      job_file: job.sh
      basedir: work
      templatedir: ../template
${more}      runs:
${Array.from({ length: runs }, (_, index) => `        - number: ${index}\n`).join("")}`,
  });

/** Waits for a file, and returns its text. */
export const fileOf = async (path: string): Promise<string> => {
  await eventually(() => existsSync(path) && readFileSync(path, "utf8").endsWith("\n"), `there is no ${path}`);
  return readFileSync(path, "utf8").trim();
};

/** Waits until it holds. */
export const eventually = async (holds: () => boolean, complaint: string): Promise<void> => {
  const end = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Whether a process is running. A zombie is not. */
export const alive = (pid: string | number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
  } catch {
    return false;
  }
};

/** The values of an NDJSON output. */
export const eventsIn = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const watched = (
  file: string,
  words: readonly string[],
  { directory, env, uid }: ProgramOptions & { readonly uid?: number },
): Started => {
  const become = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(file, words, { cwd: directory, env: { ...plainEnvironment(), ...env }, ...become });
  // A test that fails must leave no process.
  onTestFinished(() => void child.kill("SIGKILL"));
  // A test may type to a program that has ended.
  child.stdin.on("error", () => undefined);
  return Object.assign(observe(child), { type: (text: string) => void child.stdin.write(text) });
};

const plainEnvironment = (): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...env } = process.env;
  return env;
};

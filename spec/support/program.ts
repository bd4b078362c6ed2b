/** Runs the built program as a user does: from a shell, from a terminal, in a directory of its own. */
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
import { type Ended, type Heard, heard } from "./heard.js";

const DIST = join(import.meta.dirname, "../../dist/cli");
export const MAIN = join(DIST, "main.js");

export type { Ended } from "./heard.js";

export interface Started extends Heard {
  /** Types this into the program. */
  type(text: string): void;
}

export interface Where {
  /** Its working directory. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A user id that has no entry in /etc/passwd. */
const STRANGER = 47_110;

/**
 * Runs a line of shell as a user without privileges, to whom the directory is given. Where the specs run as root, that
 * user has no name; elsewhere it is the user of the specs.
 */
export const shellUnprivileged = (line: string, where: Where): Promise<Ended> => {
  if (process.getuid?.() !== 0) return shell(line, where);
  // The checkout may be out of that user's reach.
  cpSync(DIST, join(where.directory, ".dist"), { recursive: true });
  for (const name of ["", ...readdirSync(where.directory, { recursive: true, encoding: "utf8" })])
    lchownSync(join(where.directory, name), STRANGER, STRANGER);
  const dist = line.replaceAll("$PROGRAM", `'${process.execPath}' .dist/main.js`);
  return watched("bash", ["-c", dist], { ...where, uid: STRANGER }).ended;
};

/** Runs `model_ensemble` to its end, with pipes for outputs. */
export const program = (words: readonly string[], where: Where): Promise<Ended> => start(words, where).ended;

export const start = (words: readonly string[], where: Where): Started =>
  watched(process.execPath, [MAIN, ...words], where);

/** Runs a line of shell in which `$PROGRAM` is `model_ensemble`, and `$CHECK` is `model_ensemble_check`. */
export const shell = (line: string, where: Where): Promise<Ended> => watched("bash", ["-c", named(line)], where).ended;

/** Runs a line of shell in a pseudo-terminal of 80 columns and 24 lines. */
export const terminal = (line: string, where: Where): Started => {
  const command = `stty cols 80 rows 24; ${named(line)}`;
  return watched("script", ["-qfec", command, "/dev/null"], {
    ...where,
    env: { TERM: "xterm-256color", SHELL: "/bin/bash", LANG: "C.UTF-8", ...where.env },
  });
};

export const CTRL_C = "\x03";

const named = (line: string): string =>
  line
    .replaceAll("$PROGRAM", `'${process.execPath}' '${MAIN}'`)
    .replaceAll("$CHECK", `'${process.execPath}' '${join(DIST, "check.js")}'`);

/** A new directory with these files, of which scripts are executable. It is removed after the test. */
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

/** A directory with `ensemble.yaml`: one batch `b` of so many runs, each with the script as its job. */
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
  { directory, env, uid }: Where & { readonly uid?: number },
): Started => {
  const become = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(file, words, { cwd: directory, env: { ...plainEnvironment(), ...env }, ...become });
  // A test that fails must leave no process.
  onTestFinished(() => void child.kill("SIGKILL"));
  // A test may type to a program that has ended.
  child.stdin.on("error", () => undefined);
  return Object.assign(heard(child), { type: (text: string) => void child.stdin.write(text) });
};

const plainEnvironment = (): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...env } = process.env;
  return env;
};

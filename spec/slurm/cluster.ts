/** A real Slurm cluster for specs, and the program under test as an ordinary user of the cluster. */
import { execFileSync } from "node:child_process";
import { chownSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Ended, Heard } from "../support/heard.js";
import { currentUser, startAs, type User, userNamed, type Where } from "./process.js";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPT = join(import.meta.dirname, "cluster.sh");

/** The cluster's administrator and its user. Where the specs do not run as root, one user is both. */
export type Role = "admin" | "tester";

export type Daemon = "munged" | "mariadbd" | "slurmdbd" | "slurmctld" | `slurmd-n${1 | 2 | 3 | 4}`;

const ACTIONS = ["start", "stop", "kill", "pause", "resume"] as const;

export interface Options {
  /** With slurmdbd. Without it, the cluster has no accounts and no limits. */
  readonly accounting?: boolean;
  /** After so many seconds, a client gives up waiting for an answer. */
  readonly messageTimeout?: number;
  /** For so many seconds, squeue shows a job that has ended. */
  readonly minJobAge?: number;
  /** More lines for slurm.conf. */
  readonly more?: readonly string[];
}

export interface Cluster {
  readonly directory: string;
  /** The environment of a client. */
  readonly env: { readonly SLURM_CONF: string };
  readonly tester: User;
  /** A directory of the tester's, where commands run. */
  readonly home: string;
  /** The command that starts `model_ensemble`, from files that the tester can read. */
  readonly program: readonly [node: string, main: string];
  /** Runs a command to its end, whatever its exit status. */
  readonly as: (role: Role) => (file: string, ...words: readonly string[]) => Promise<Ended>;
  readonly daemon: Readonly<Record<(typeof ACTIONS)[number], (name: Daemon) => Promise<void>>>;
  /** What the program prints for the tester. Throws if the program fails. */
  readonly squeue: (...words: readonly string[]) => Promise<string>;
  readonly sacct: (...words: readonly string[]) => Promise<string>;
  readonly scontrol: (...words: readonly string[]) => Promise<string>;
  /** The id of the new job. */
  readonly sbatch: (...words: readonly string[]) => Promise<string>;
  /** Gives a directory and its content to the tester, and returns the directory. */
  readonly give: (directory: string) => string;
  readonly stop: () => Promise<void>;
}

/** Starts a cluster, which shares only its job ids with earlier ones. There is one at a time. */
export const startCluster = async (options: Options = {}): Promise<Cluster> => {
  const { accounting = true, messageTimeout = 5, minJobAge = 300, more = [] } = options;
  const admin = currentUser();
  const directory = process.env["CLUSTER_DIR"] ?? join(tmpdir(), `ensemble-cluster-${admin.uid}`);
  const env = { SLURM_CONF: join(directory, "etc/client.conf") };
  const settings = {
    CLUSTER_DIR: directory,
    CLUSTER_PORT: process.env["CLUSTER_PORT"] ?? "29800",
    CLUSTER_MESSAGE_TIMEOUT: String(messageTimeout),
    CLUSTER_MIN_JOB_AGE: String(minJobAge),
    CLUSTER_EXTRA: more.join("\n"),
    CLUSTER_HOLDER: String(process.pid),
  };
  const script = async (...words: readonly string[]): Promise<void> => {
    outputOf(words, await startAs(admin, SCRIPT, words, { directory: ROOT, env: settings }).ended);
  };
  await script("up", ...(accounting ? [] : ["--no-accounting"]));

  const tester = admin.uid === 0 ? userNamed("ensemble-tester") : admin;
  const home = join(directory, "home");
  mkdirSync(home, { recursive: true });
  chownSync(home, tester.uid, tester.gid);
  const as: Cluster["as"] =
    (role) =>
    (file, ...words) =>
      startAs(role === "admin" ? admin : tester, file, words, { directory: home, env }).ended;
  const printed =
    (file: string): Cluster["squeue"] =>
    async (...words) =>
      outputOf([file, ...words], await as("tester")(file, ...words));
  return {
    directory,
    env,
    tester,
    home,
    program: await programIn(directory, as("tester")),
    as,
    daemon: Object.fromEntries(
      ACTIONS.map((action) => [action, (name: Daemon) => script(action, name)]),
    ) as Cluster["daemon"],
    squeue: printed("squeue"),
    sacct: printed("sacct"),
    scontrol: printed("scontrol"),
    sbatch: (...words) => printed("sbatch")("--parsable", ...words),
    give: (given) => {
      if (tester !== admin) execFileSync("chown", ["-R", `${tester.uid}:${tester.gid}`, given]);
      return given;
    },
    stop: () => script("down"),
  };
};

/** Starts `model_ensemble` as the tester, and kills it at the end of the test. The directory must be the tester's. */
export const startProgram = (
  cluster: Cluster,
  words: readonly string[],
  { directory, env = {} }: Pick<Where, "directory"> & Partial<Where>,
): Heard => {
  const [node, main] = cluster.program;
  const where = { directory, env: { ...cluster.env, ...env } };
  const running = startAs(cluster.tester, node, [main, ...words], where);
  // A test that fails must leave no process.
  onTestFinished(() => void running.child.kill("SIGKILL"));
  return running;
};

/** Runs `model_ensemble` to its end. */
export const runProgram = (...args: Parameters<typeof startProgram>): Promise<Ended> => startProgram(...args).ended;

/**
 * A copy of the built program that the tester can read, since the checkout may be in a private directory. A later build
 * does not change the copy.
 */
const programIn = async (directory: string, run: ReturnType<Cluster["as"]>): Promise<Cluster["program"]> => {
  const program = join(directory, "program");
  rmSync(program, { recursive: true, force: true });
  for (const part of ["package.json", "dist/cli"]) cpSync(join(ROOT, part), join(program, part), { recursive: true });
  const own = join(program, "node");
  const readable = (await run("test", "-x", process.execPath)).status === 0;
  if (!readable) cpSync(process.execPath, own);
  execFileSync("chmod", ["-R", "a+rX", program]);
  return [readable ? process.execPath : own, join(program, "dist/cli/main.js")];
};

/** What a command printed. Throws if the command failed. */
const outputOf = (words: readonly string[], { status, signal, stdout, stderr }: Ended): string => {
  if (status !== 0) throw new Error(`${words.join(" ")}: ${status ?? signal ?? "no status"}\n${stdout}${stderr}`);
  return stdout.trim();
};

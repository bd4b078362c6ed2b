/** A real Slurm cluster for specs, what they do to it, and the program under test as an ordinary user of it. */
import { execFileSync } from "node:child_process";
import { chownSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Ended, Heard } from "../support/heard.js";
import { self, startAs, type User, userCalled, type Where } from "./process.js";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPT = join(import.meta.dirname, "cluster.sh");

/** Who looks after the cluster, and who uses it. Where the specs do not run as root, one user is both. */
export type Role = "admin" | "tester";

export type Daemon = "munged" | "mariadbd" | "slurmdbd" | "slurmctld" | `slurmd-n${1 | 2 | 3 | 4}`;

const DEEDS = ["start", "stop", "kill", "pause", "resume"] as const;

export interface Options {
  /** With slurmdbd: otherwise nothing knows of jobs that ended a while ago, and there are no limits. */
  readonly accounting?: boolean;
  /** After so many seconds, a client stops waiting for an answer. */
  readonly messageTimeout?: number;
  /** For so many seconds, squeue knows a job that has ended. */
  readonly minJobAge?: number;
  /** More lines for slurm.conf. */
  readonly more?: readonly string[];
}

export interface Cluster {
  readonly directory: string;
  /** What a client needs to know. */
  readonly env: { readonly SLURM_CONF: string };
  readonly tester: User;
  /** A directory for whatever the tester does. */
  readonly home: string;
  /** The words that start `model_ensemble`, as far as the tester can read them. */
  readonly program: readonly [node: string, main: string];
  /** Runs commands to their end, however they end. */
  readonly as: (role: Role) => (file: string, ...words: readonly string[]) => Promise<Ended>;
  readonly daemon: Readonly<Record<(typeof DEEDS)[number], (name: Daemon) => Promise<void>>>;
  /** What the tester is told. A command that fails is a mistake here. */
  readonly squeue: (...words: readonly string[]) => Promise<string>;
  readonly sacct: (...words: readonly string[]) => Promise<string>;
  readonly scontrol: (...words: readonly string[]) => Promise<string>;
  /** The id of the new job. */
  readonly sbatch: (...words: readonly string[]) => Promise<string>;
  /** Makes a directory the tester's, with all that is in it. */
  readonly give: (directory: string) => string;
  readonly stop: () => Promise<void>;
}

/** Starts it anew, with nothing of an earlier start but the numbers of jobs. There is one at a time. */
export const startCluster = async (options: Options = {}): Promise<Cluster> => {
  const { accounting = true, messageTimeout = 5, minJobAge = 300, more = [] } = options;
  const admin = self();
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
    told(words, await startAs(admin, SCRIPT, words, { directory: ROOT, env: settings }).ended);
  };
  await script("up", ...(accounting ? [] : ["--no-accounting"]));

  const tester = admin.uid === 0 ? userCalled("ensemble-tester") : admin;
  const home = join(directory, "home");
  mkdirSync(home, { recursive: true });
  chownSync(home, tester.uid, tester.gid);
  const as: Cluster["as"] =
    (role) =>
    (file, ...words) =>
      startAs(role === "admin" ? admin : tester, file, words, { directory: home, env }).ended;
  const ask =
    (file: string): Cluster["squeue"] =>
    async (...words) =>
      told([file, ...words], await as("tester")(file, ...words));
  return {
    directory,
    env,
    tester,
    home,
    program: await programIn(directory, as("tester")),
    as,
    daemon: Object.fromEntries(DEEDS.map((deed) => [deed, (name: Daemon) => script(deed, name)])) as Cluster["daemon"],
    squeue: ask("squeue"),
    sacct: ask("sacct"),
    scontrol: ask("scontrol"),
    sbatch: (...words) => ask("sbatch")("--parsable", ...words),
    give: (given) => {
      if (tester !== admin) execFileSync("chown", ["-R", `${tester.uid}:${tester.gid}`, given]);
      return given;
    },
    stop: () => script("down"),
  };
};

/** Starts `model_ensemble` as the tester, for as long as the test goes on. The directory is to be the tester's. */
export const startProgram = (
  cluster: Cluster,
  words: readonly string[],
  { directory, env = {} }: Pick<Where, "directory"> & Partial<Where>,
): Heard => {
  const [node, main] = cluster.program;
  const where = { directory, env: { ...cluster.env, ...env } };
  const running = startAs(cluster.tester, node, [main, ...words], where);
  // Nothing may be left of a test that failed.
  onTestFinished(() => void running.child.kill("SIGKILL"));
  return running;
};

/** Runs it to its end. */
export const runProgram = (...args: Parameters<typeof startProgram>): Promise<Ended> => startProgram(...args).ended;

/**
 * The built program in a place where the tester can read it, as the checkout may be where nobody else can look.
 * Besides, this one stays as it is if there is another build meanwhile.
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

const told = (words: readonly string[], { status, signal, stdout, stderr }: Ended): string => {
  if (status !== 0) throw new Error(`${words.join(" ")}: ${status ?? signal ?? "no status"}\n${stdout}${stderr}`);
  return stdout.trim();
};

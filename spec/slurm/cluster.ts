/** A real Slurm cluster for specs, and the program under test as an ordinary user of the cluster. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterIn, clusterScript, type RealCluster } from "../support/cluster.js";
import { currentUser } from "../support/users.js";

export { runProgram, startProgram } from "../support/cluster.js";

const SCRIPT = join(import.meta.dirname, "cluster.sh");

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

export interface Cluster extends RealCluster {
  readonly daemon: Readonly<Record<(typeof ACTIONS)[number], (name: Daemon) => Promise<void>>>;
  /** What the program prints for the tester. Throws if the program fails. */
  readonly squeue: (...words: readonly string[]) => Promise<string>;
  readonly sacct: (...words: readonly string[]) => Promise<string>;
  readonly scontrol: (...words: readonly string[]) => Promise<string>;
  /** The id of the new job. */
  readonly sbatch: (...words: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a cluster, which shares only its job ids with earlier ones. There is one at a time. */
export const startCluster = async (options: Options = {}): Promise<Cluster> => {
  const { accounting = true, messageTimeout = 5, minJobAge = 300, more = [] } = options;
  const directory = process.env["CLUSTER_DIR"] ?? join(tmpdir(), `ensemble-cluster-${currentUser().uid}`);
  const script = clusterScript(SCRIPT, {
    CLUSTER_DIR: directory,
    CLUSTER_PORT: process.env["CLUSTER_PORT"] ?? "29800",
    CLUSTER_MESSAGE_TIMEOUT: String(messageTimeout),
    CLUSTER_MIN_JOB_AGE: String(minJobAge),
    CLUSTER_EXTRA: more.join("\n"),
    CLUSTER_HOLDER: String(process.pid),
  });
  await script("up", ...(accounting ? [] : ["--no-accounting"]));
  const cluster = await clusterIn(directory, { SLURM_CONF: join(directory, "etc/client.conf") });
  const { printed } = cluster;
  return {
    ...cluster,
    daemon: Object.fromEntries(
      ACTIONS.map((action) => [action, (name: Daemon) => script(action, name)]),
    ) as Cluster["daemon"],
    squeue: printed("squeue"),
    sacct: printed("sacct"),
    scontrol: printed("scontrol"),
    sbatch: (...words) => printed("sbatch")("--parsable", ...words),
    stop: () => script("down"),
  };
};

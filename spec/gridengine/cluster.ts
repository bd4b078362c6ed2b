/** A real Grid Engine for specs. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterIn, clusterScript, type RealCluster } from "../support/cluster.js";
import { currentUser } from "../support/users.js";

const SCRIPT = join(import.meta.dirname, "cluster.sh");

export type Daemon = "qmaster" | "execd";

const ACTIONS = ["start", "stop", "kill", "pause", "resume"] as const;

export interface Cluster extends RealCluster {
  readonly daemon: Readonly<Record<(typeof ACTIONS)[number], (name: Daemon) => Promise<void>>>;
  /** Gives that id to the next job. qmaster must not run. */
  readonly next: (id: number) => Promise<void>;
  /** What the program prints for the tester. Throws if the program fails. */
  readonly qstat: (...words: readonly string[]) => Promise<string>;
  /** The id of the new job. */
  readonly qsub: (...words: readonly string[]) => Promise<string>;
  /** As the administrator. */
  readonly qconf: (...words: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a cluster, which shares nothing with earlier ones. There is one at a time. `more`: lines for its configuration. */
export const startCluster = async (more: readonly string[] = []): Promise<Cluster> => {
  const directory = process.env["GRIDENGINE_DIR"] ?? join(tmpdir(), `ensemble-gridengine-${currentUser().uid}`);
  const port = process.env["GRIDENGINE_PORT"] ?? "29850";
  const script = clusterScript(SCRIPT, {
    GRIDENGINE_DIR: directory,
    GRIDENGINE_PORT: port,
    GRIDENGINE_EXTRA: more.join("\n"),
    GRIDENGINE_HOLDER: String(process.pid),
  });
  await script("up");
  const root = join(directory, "root");
  const cluster = await clusterIn(directory, {
    SGE_ROOT: root,
    SGE_CELL: "default",
    SGE_QMASTER_PORT: port,
    SGE_EXECD_PORT: String(Number(port) + 1),
    PATH: `${join(root, "bin/lx-amd64")}:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
  });
  const { printed, as } = cluster;
  return {
    ...cluster,
    daemon: Object.fromEntries(
      ACTIONS.map((action) => [action, (name: Daemon) => script(action, name)]),
    ) as Cluster["daemon"],
    next: (id) => script("next", String(id)),
    qstat: printed("qstat"),
    qsub: async (...words) => (await printed("qsub")("-terse", ...words)).replace(/\..*/, ""),
    qconf: async (...words) => {
      const { status, stdout, stderr } = await as("admin")("qconf", ...words);
      if (status !== 0) throw new Error(`qconf ${words.join(" ")}: ${stdout}${stderr}`);
    },
    stop: () => script("down"),
  };
};

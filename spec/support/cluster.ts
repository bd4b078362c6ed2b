/** A real cluster for specs, whatever its scheduler: its users, their commands, and the program as one of them runs it. */
import { execFileSync } from "node:child_process";
import { chownSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Ended, ObservedProcess } from "./observed-process.js";
import { currentUser, startAs, type User, userNamed, type Where } from "./users.js";

const ROOT = join(import.meta.dirname, "../..");

/** The cluster's administrator and its user. Where the specs do not run as root, one user is both. */
export type Role = "admin" | "tester";

export type Variables = Readonly<Record<string, string>>;

export interface RealCluster {
  readonly directory: string;
  /** The environment of a client. */
  readonly env: Variables;
  readonly tester: User;
  /** A directory of the tester's, where commands run. */
  readonly home: string;
  /** The command that starts `model_ensemble`, from files that the tester can read. */
  readonly program: readonly [node: string, main: string];
  /** Runs a command to its end, whatever its exit status. */
  readonly as: (role: Role) => (file: string, ...words: readonly string[]) => Promise<Ended>;
  /** What a program prints for the tester. Throws if the program fails. */
  readonly printed: (file: string) => (...words: readonly string[]) => Promise<string>;
  /** Gives a directory and its content to the tester, and returns the directory. */
  readonly give: (directory: string) => string;
}

/** Runs the script that looks after a cluster. */
export const clusterScript =
  (script: string, env: Variables) =>
  async (...words: readonly string[]): Promise<void> => {
    outputOf(words, await startAs(currentUser(), script, words, { directory: ROOT, env }).ended);
  };

/** The cluster in a directory, once it is up. */
export const clusterIn = async (directory: string, env: Variables): Promise<RealCluster> => {
  const admin = currentUser();
  const tester = admin.uid === 0 ? userNamed("ensemble-tester") : admin;
  const home = join(directory, "home");
  mkdirSync(home, { recursive: true });
  chownSync(home, tester.uid, tester.gid);
  const as: RealCluster["as"] =
    (role) =>
    (file, ...words) =>
      startAs(role === "admin" ? admin : tester, file, words, { directory: home, env }).ended;
  return {
    ...{ directory, env, tester, home, as },
    program: await programIn(directory, as("tester")),
    printed:
      (file) =>
      async (...words) =>
        outputOf([file, ...words], await as("tester")(file, ...words)),
    give: (given) => {
      if (tester !== admin) execFileSync("chown", ["-R", `${tester.uid}:${tester.gid}`, given]);
      return given;
    },
  };
};

/** Starts `model_ensemble` as the tester, and kills it at the end of the test. The directory must be the tester's. */
export const startProgram = (
  cluster: RealCluster,
  words: readonly string[],
  { directory, env = {} }: Pick<Where, "directory"> & Partial<Where>,
): ObservedProcess => {
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
const programIn = async (directory: string, run: ReturnType<RealCluster["as"]>): Promise<RealCluster["program"]> => {
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

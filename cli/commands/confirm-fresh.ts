/** The question before `--fresh`, which moves an ensemble's state aside and so loses track of its running jobs. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { endAtOnce, findJobs } from "../../lib/index.js";
import { writeStderr } from "../output.js";
import { count, printable } from "../views/format.js";

/** `directory`: the state directory. `yes`: the user has answered already. */
export const confirmFresh = async (directory: string, yes: boolean): Promise<boolean> => {
  if (!existsSync(directory)) return true;
  await warnOfJobs(directory);
  if (yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    writeStderr("error: --fresh asks before it starts over; without a terminal, give --yes as well\n");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on("SIGINT", () => {
    // The terminal gets its own settings back first.
    terminal.close();
    writeStderr("\n");
    endAtOnce("SIGINT");
  });
  const answer = await terminal
    .question(`Move the state in ${directory} aside and start over? [y/N] `)
    .catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== "AbortError") throw error;
      // Ctrl-D.
      writeStderr("\n");
      return "";
    });
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
};

/** Submitted jobs outlive the old ensemble: a running one continues, a pending one will notice that its ensemble is gone and do nothing. */
const warnOfJobs = async (directory: string): Promise<void> => {
  try {
    const found = await findJobs([directory], { all: true });
    if ("refused" in found || found.jobs === 0) return;
    const jobs = count(found.jobs, "job");
    writeStderr(
      `warning: ${jobs} of this ensemble may still be in the queue; to cancel, run \`model_ensemble cancel --all --state-dir ${printable(directory)}\` before you start over\n`,
    );
  } catch {
    // An unreadable journal is one more reason to start over.
  }
};

/** Failures of sbatch, as Slurm 22.05 prints them. */

const failure = (message: string, ...before: readonly string[]) => ({
  status: 1,
  stdout: "",
  stderr: [...before, `Batch job submission failed: ${message}`].map((line) => `sbatch: error: ${line}\n`).join(""),
});

/** The request may have arrived. */
export const TIMED_OUT = failure("Socket timed out on send/recv operation");

export const AWAY = failure("Unable to contact slurm controller (connect failure)");

/** The user has as many jobs in the queue as the site allows. */
export const LIMIT = failure(
  "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
  "QOSMaxSubmitJobPerUserLimit",
);

export const REFUSED = failure("Invalid partition name specified");

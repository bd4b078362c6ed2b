/** `cancel`: cancels the jobs of runs in the scheduler's queue, and waits until they have ended. */
import { lastValueFrom, tap } from "rxjs";
import { type Cancellation, type CancelReport, findJobs, JournalDamage, loadBackend } from "../../lib/index.js";
import type { CancelJobsRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { startedHere } from "../state-directory.js";
import { count, printable } from "../views/format.js";
import { endAtOnceOnSignal, killProcessesAtExit } from "./end-at-once.js";

export const cancel = async (request: CancelJobsRequest): Promise<number> => {
  const { runs, all, stateDir, backendFile } = request;
  if (all === runs.length > 0)
    return refused(
      all
        ? "give either ids of runs or --all, not both"
        : "give the ids of the runs whose jobs you want to cancel, or --all",
    );
  const directories = await startedHere(stateDir);
  if (directories.length === 0) return refused("no ensemble was started here (there is no .ensemble)");
  try {
    const module = backendFile === undefined ? undefined : await loadBackend(backendFile);
    const found = await findJobs(directories, all ? { all } : { runs }, module);
    return "refused" in found ? refused(found.refused) : await carryOut(found);
  } catch (error) {
    if (error instanceof RangeError) return refused(error.message);
    if (error instanceof JournalDamage) {
      writeStderr(`error: ${printable(error.path)} is damaged: ${error.message}\n`);
      return EXIT.damaged;
    }
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refused(`no readable journal in ${directories.join(", ")}: ${error.message}`);
  }
};

const refused = (message: string): number => {
  writeStderr(`error: ${printable(message)}\n`);
  return EXIT.refused;
};

const carryOut = async ({ jobs, without: jobless, left, owners, cancel$ }: Cancellation): Promise<number> => {
  for (const run of jobless) print(`${printable(run)}: no job to cancel`);
  if (jobs === 0) print("There is nothing to cancel.");
  killProcessesAtExit();
  const handleSignalsAgain = endAtOnceOnSignal();
  const counts = { cancelled: 0, ended: 0, absent: 0, refused: 0 };
  await lastValueFrom(
    cancel$.pipe(
      tap((report) => {
        if (report.is === "no_answer") return writeStderr(`${printable(report.message)}\n`);
        if (report.is === "ending") counts.cancelled += 1;
        else if (report.is !== "left_queue") counts[report.is] += 1;
        else counts[report.cancelSent ? "cancelled" : "ended"] += 1;
        const line = sentenceOf(report);
        if (report.is === "refused") writeStderr(`error: ${line}\n`);
        else print(line);
      }),
    ),
    { defaultValue: undefined },
  );
  handleSignalsAgain();
  if (jobs > 0) print(summaryOf(counts));
  for (const sentence of left) writeStderr(`error: ${printable(sentence)}\n`);
  for (const { pid, host } of owners)
    print(`Process ${pid} on ${printable(host)} is running the ensemble: it continues with other runs.`);
  return counts.refused === 0 && left.length === 0 ? EXIT.ok : EXIT.failed;
};

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const sentenceOf = (report: Exclude<CancelReport, { readonly is: "no_answer" }>): string => {
  const what = printable(report.what);
  switch (report.is) {
    case "cancelled":
      return `${what}: job ${report.job} cancelled`;
    case "ending":
      return `${what}: job ${report.job} cancelled; its node is still ending it`;
    case "ended":
      return `${what}: job ${report.job} had already ended: ${printable(report.state)}`;
    case "left_queue":
      if (report.cancelSent) return `${what}: job ${report.job} cancelled; it has left the queue`;
      return `${what}: job ${report.job} had already ended${report.foreign ? `; the id ${report.job} now belongs to another job` : ""}`;
    case "absent":
      return `${what}: its job was never submitted`;
    case "refused":
      return `${what}: job ${report.job} could not be cancelled: ${printable(report.message)}`;
  }
};

const summaryOf = (counts: Readonly<Record<"cancelled" | "ended" | "absent" | "refused", number>>): string =>
  [
    `${count(counts.cancelled, "job")} cancelled`,
    ...(counts.ended > 0 ? [`${counts.ended} had already ended`] : []),
    ...(counts.absent > 0 ? [`${counts.absent} never submitted`] : []),
    ...(counts.refused > 0 ? [`${counts.refused} could not be cancelled`] : []),
  ].join(", ");

/** `cancel`: has Slurm cancel the jobs of runs, and waits until they have ended. */
import { resolve } from "node:path";
import { lastValueFrom, tap } from "rxjs";
import {
  type Cancellation,
  type CancelReport,
  endAtOnce,
  findJobs,
  JournalDamage,
  killEveryGroup,
  stateDirectories,
} from "../../lib/index.js";
import type { CancelJobsRequest } from "../arguments/request.js";
import { EXIT } from "../exit-status.js";
import { writeStderr } from "../output.js";
import { count, printable } from "../views/format.js";

export const cancel = async (request: CancelJobsRequest): Promise<number> => {
  const { runs, all, stateDir } = request;
  if (all === runs.length > 0)
    return refused(all ? "name runs, or --all, but not both" : "name the runs whose jobs to cancel, or say --all");
  const directories = stateDir === undefined ? await stateDirectories(resolve(".ensemble")) : [resolve(stateDir)];
  if (directories.length === 0) return refused("no ensemble was started here (there is no .ensemble)");
  try {
    const found = await findJobs(directories, all ? { all } : { runs });
    return "refused" in found ? refused(found.refused) : await carriedOut(found);
  } catch (error) {
    if (error instanceof JournalDamage) {
      writeStderr(`error: ${printable(error.path)} is damaged: ${error.message}\n`);
      return EXIT.damaged;
    }
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refused(`there is no journal in ${directories.join(", ")} that can be read: ${error.message}`);
  }
};

const refused = (message: string): number => {
  writeStderr(`error: ${printable(message)}\n`);
  return EXIT.refused;
};

const carriedOut = async ({ jobs, without, owners, cancel$ }: Cancellation): Promise<number> => {
  for (const run of without) tell(`${printable(run)}: has no job that could be cancelled`);
  if (jobs === 0) tell("There is nothing to cancel.");
  process.on("exit", killEveryGroup);
  const ending = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const end = () => endAtOnce(signal);
    process.once(signal, end);
    return () => process.off(signal, end);
  });
  const seen = { cancelled: 0, ended: 0, absent: 0, refused: 0 };
  await lastValueFrom(
    cancel$.pipe(
      tap((report) => {
        if (report.is === "silent") return writeStderr(`${printable(report.message)}\n`);
        if (report.is === "ending") seen.cancelled += 1;
        else if (report.is !== "gone") seen[report.is] += 1;
        else seen[report.asked ? "cancelled" : "ended"] += 1;
        const line = sentenceOf(report);
        if (report.is === "refused") writeStderr(`error: ${line}\n`);
        else tell(line);
      }),
    ),
    { defaultValue: undefined },
  );
  for (const leave of ending) leave();
  if (jobs > 0) tell(summaryOf(seen));
  for (const { pid, host } of owners)
    tell(`Process ${pid} on ${printable(host)} is at work on the ensemble: it goes on with other runs.`);
  return seen.refused === 0 ? EXIT.ok : EXIT.failed;
};

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const sentenceOf = (report: Exclude<CancelReport, { readonly is: "silent" }>): string => {
  const what = printable(report.what);
  switch (report.is) {
    case "cancelled":
      return `${what}: job ${report.job} cancelled`;
    case "ending":
      return `${what}: job ${report.job} cancelled; its node is still at ending it`;
    case "ended":
      return `${what}: job ${report.job} had ended: ${printable(report.state)}`;
    case "gone":
      if (report.asked) return `${what}: job ${report.job} cancelled; it is in the queue no more`;
      return `${what}: job ${report.job} has ended before${report.foreign ? `; what is called ${report.job} now is another job` : ""}`;
    case "absent":
      return `${what}: its job was not handed over`;
    case "refused":
      return `${what}: job ${report.job} could not be cancelled: ${printable(report.message)}`;
  }
};

const summaryOf = (seen: Readonly<Record<"cancelled" | "ended" | "absent" | "refused", number>>): string =>
  [
    `${count(seen.cancelled, "job")} cancelled`,
    ...(seen.ended > 0 ? [`${seen.ended} had ended`] : []),
    ...(seen.absent > 0 ? [`${seen.absent} not handed over`] : []),
    ...(seen.refused > 0 ? [`${seen.refused} could not be cancelled`] : []),
  ].join(", ");

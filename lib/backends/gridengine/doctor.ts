/** Checks whether Grid Engine can be used from here, and whether its hosts see this directory. */
import { asking, listed, type ProbeResult, probeProgram } from "../../scheduler/doctor/probe.js";
import { trialJob } from "../../scheduler/doctor/trial-job.js";
import { complaintOf, type ExecResult } from "../../system/processes/exec.js";
import { GRID_ENGINE } from "./dialect.js";
import { programEnvironments } from "./environment.js";

/** Leaves out what cannot be checked because something before it is missing. */
export const checkGridEngine = async (directory: string, patience_s: number): Promise<readonly ProbeResult[]> => {
  const { readable: environment } = programEnvironments(process.env);
  const programs = await Promise.all(
    PROGRAMS.map(async ([what, need]): Promise<ProbeResult> => {
      const found = await probeProgram(what, { words: ["-help"], need, environment });
      return what === "qacct" ? { ...found, optional: true } : found;
    }),
  );
  if (programs.some(({ ok, optional = false }) => !ok && !optional)) return programs;
  const asked = asking(environment, PATIENCE_S);
  const config = await asked("qconf", ["-sconf"]);
  const master = masterIn(config);
  if (!master.ok) return [...programs, master];
  return [
    ...programs,
    master,
    queuesIn(await asked("qstat", ["-g", "c"])),
    accountsIn(await asked("qacct", ["-j", "0"])),
    limitsIn(config.stdout),
    await trialJob(GRID_ENGINE, directory, patience_s),
  ];
};

const PROGRAMS: readonly (readonly [what: string, need: string])[] = [
  ["qsub", "load your site's module, or log in where Grid Engine is"],
  ["qstat", "it comes with Grid Engine"],
  ["qdel", "it comes with Grid Engine"],
  ["qconf", "it comes with Grid Engine"],
  ["qacct", "qacct tells how jobs ended that were killed or have no guard"],
];

/** A program waits for a silent qmaster for two minutes before it says so. */
const PATIENCE_S = 30;

const masterIn = (answer: ExecResult): ProbeResult => {
  const what = "qmaster";
  if (answer.status === 0) return { what, ok: true, detail: "it answers" };
  return { what, ok: false, detail: `${complaintOf(answer)}; without qmaster no job can be submitted: ask your site` };
};

const queuesIn = (answer: ExecResult): ProbeResult => {
  const what = "queues";
  if (answer.status !== 0) return { what, ok: false, optional: true, detail: `qstat: ${complaintOf(answer)}` };
  // Name, load, slots that are used, reserved, free, all, in alarm, and out of order.
  const rows = answer.stdout.split("\n").flatMap((line) => {
    const [, name, , free = "", all = ""] = /^(\S+) +(\S+) +\d+ +\d+ +(\d+) +(\d+) +\d+ +\d+ *$/.exec(line) ?? [];
    return name === undefined ? [] : [`${name} with ${free} of ${all} slots free`];
  });
  if (rows.length > 0) return { what, ok: true, detail: listed(rows) };
  return { what, ok: false, detail: "there is none: jobs would wait; ask your site" };
};

const accountsIn = (answer: ExecResult): ProbeResult => {
  const what = "accounting";
  const shown = GRID_ENGINE.accountingRows(answer);
  if (shown !== "silent") return { what, ok: true, detail: "qacct can read the accounts" };
  const detail = `qacct cannot read the accounts (yet): ${complaintOf(answer)}; the program knows how jobs end from the guard`;
  return { what, ok: false, optional: true, detail };
};

/** Limits to know before choosing maxruns and maxjobs; 0 stands for none. */
const limitsIn = (config: string): ProbeResult => {
  const told = LIMITS.flatMap(([name, words]) => {
    const value = new RegExp(`^${name} +(\\d+)$`, "m").exec(config)?.[1];
    return value === undefined || value === "0" ? [] : [`${value} ${words} (${name})`];
  });
  return { what: "limits", ok: true, detail: told.length === 0 ? "Grid Engine shows none" : told.join(", ") };
};

const LIMITS: readonly (readonly [name: string, words: string])[] = [
  ["max_u_jobs", "jobs of one user"],
  ["max_jobs", "jobs of all users"],
  ["max_aj_tasks", "tasks of an array"],
];

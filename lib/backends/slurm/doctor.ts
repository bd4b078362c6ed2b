/** Checks whether Slurm can be used from here, and whether its nodes see this directory. */
import { asking, listed, type ProbeResult, probeProgram } from "../../scheduler/doctor/probe.js";
import { trialJob } from "../../scheduler/doctor/trial-job.js";
import { userName } from "../../scheduler/programs.js";
import { complaintOf, type ExecResult } from "../../system/processes/exec.js";
import { SITE_WORDS } from "./commands.js";
import { SLURM } from "./dialect.js";
import { environments } from "./environment.js";
import { siteIn, valueIn } from "./site-config.js";

/** Leaves out what cannot be checked because something before it is missing. */
export const checkSlurm = async (directory: string, patience_s: number): Promise<readonly ProbeResult[]> => {
  const { readable: environment } = environments(process.env);
  const programs = await Promise.all(
    PROGRAMS.map(async ([what, need]): Promise<ProbeResult> => {
      const found = await probeProgram(what, { words: ["--version"], need, hangs: HANGS, environment });
      return what === "sacct" ? { ...found, optional: true } : found;
    }),
  );
  if (programs.some(({ ok, optional = false }) => !ok && !optional)) return programs;
  const asked = asking(environment, ANSWER_WITHIN_S);
  const config = await asked("scontrol", SITE_WORDS);
  const controller = controllerIn(config);
  if (!controller.ok) return [...programs, controller];
  const { accounting } = siteIn(config.stdout);
  return [
    ...programs,
    controller,
    partitionsIn(await asked("sinfo", ["-h", "-o", "%P %a %l %D"])),
    accounting ? accountsIn(await asked("sacct", ["-n", "-X", "-P", "-o", "JobID"])) : NO_ACCOUNTS,
    limitsIn(config.stdout),
    ...(accounting ? ownLimitsIn(await asked("sacctmgr", OWN_LIMITS())) : []),
    await trialJob(SLURM, directory, patience_s),
  ];
};

const PROGRAMS: readonly (readonly [what: string, need: string])[] = [
  ["sbatch", "load your site's module, or log in where Slurm is"],
  ["squeue", "it comes with Slurm"],
  ["scontrol", "it comes with Slurm"],
  ["scancel", "it comes with Slurm"],
  ["sacct", "where the site keeps accounts, sacct tells how jobs ended that the queue has forgotten"],
];

/** The programs read their configuration before they answer anything. */
const HANGS = "it may not find its slurm.conf: SLURM_CONF names the file, and your site's module may set that";

/** Slurm's programs retry for a while before they say why they fail. */
const ANSWER_WITHIN_S = 30;

const controllerIn = (answer: ExecResult): ProbeResult => {
  if (answer.status !== 0) {
    const detail = `${complaintOf(answer)}; without slurmctld no job can be submitted: wait for it, or ask your site`;
    return { what: "the controller", ok: false, detail };
  }
  const named = (name: string) => valueIn(answer.stdout, name);
  const [cluster, version] = [named("ClusterName"), named("SLURM_VERSION")];
  return {
    what: "the controller",
    ok: true,
    detail: `it answers${cluster === undefined ? "" : ` for the cluster ${cluster}`}${version === undefined ? "" : `, Slurm ${version}`}`,
  };
};

const partitionsIn = (answer: ExecResult): ProbeResult => {
  const what = "partitions";
  if (answer.status !== 0) return { what, ok: false, optional: true, detail: `sinfo: ${complaintOf(answer)}` };
  const rows = answer.stdout.split("\n").flatMap((line) => {
    const [name, state = "", limit = "", nodes = ""] = line.trim().split(/\s+/);
    return name === undefined || name === "" ? [] : [{ name, state, limit, nodes }];
  });
  const up = rows.filter(({ state }) => state === "up");
  if (up.length === 0) {
    const all = rows.length === 0 ? "there is none that you may use" : `${listed(rows.map(stateOf))}, and none is up`;
    return { what, ok: false, detail: `${all}: jobs would wait; ask your site` };
  }
  return {
    what,
    ok: true,
    detail: listed(
      up.map(({ name, limit, nodes }) => {
        const long = limit === "infinite" ? "without a limit" : `up to ${limit}`;
        return `${name} ${long} on ${nodes} ${nodes === "1" ? "node" : "nodes"}`;
      }),
    ),
  };
};

const stateOf = ({ name, state }: { readonly name: string; readonly state: string }) => `${name} is ${state}`;

const NO_ACCOUNTS: ProbeResult = {
  what: "accounting",
  ok: true,
  detail: "the site keeps no accounts: the program knows how jobs end from the queue and from the guard",
};

const accountsIn = (answer: ExecResult): ProbeResult => {
  const what = "accounting";
  if (answer.status === 0) return { what, ok: true, detail: "the site keeps accounts, and sacct answers" };
  const detail = `the site keeps accounts, but sacct does not show them: ${complaintOf(answer)}; the program knows how jobs end from the queue and from the guard`;
  return { what, ok: false, optional: true, detail };
};

/** Limits to know before choosing maxruns and maxjobs. */
const limitsIn = (config: string): ProbeResult => {
  const shown = LIMITS.flatMap(([name, words]) => {
    const value = valueIn(config, name);
    return value === undefined ? [] : [`${words(value)} (${name})`];
  });
  return { what: "limits", ok: true, detail: shown.length === 0 ? "Slurm shows none" : shown.join(", ") };
};

const LIMITS: readonly (readonly [name: string, words: (value: string) => string])[] = [
  ["MaxJobCount", (value) => `${value} jobs of all users`],
  ["MaxArraySize", (value) => `array indexes below ${value}`],
  ["MinJobAge", (value) => `the queue shows an ended job for ${value.replace(/ sec$/, " s")}`],
  ["MessageTimeout", (value) => `programs wait for the controller for ${value.replace(/ sec$/, " s")}`],
];

const OWN_LIMITS = (): readonly string[] => [
  ...["-n", "-P", "show", "assoc", `user=${userName()}`, "format=Account,MaxJobs,MaxSubmit"],
];

const ownLimitsIn = (answer: ExecResult): readonly ProbeResult[] => {
  const what = "your limits";
  if (answer.status !== 0) return [{ what, ok: false, optional: true, detail: `sacctmgr: ${complaintOf(answer)}` }];
  const limits = answer.stdout.split("\n").flatMap((line) => {
    const [account = "", running = "", submitted = ""] = line.trim().split("|");
    if (account === "") return [];
    const own = [
      ...(running === "" ? [] : [`${running} running`]),
      ...(submitted === "" ? [] : [`${submitted} in the queue`]),
    ];
    return [`account ${account}: ${own.length === 0 ? "none of its own" : own.join(", ")}`];
  });
  return [{ what, ok: true, detail: limits.length === 0 ? "Slurm knows no account of yours" : listed(limits) }];
};

/** The environment of Grid Engine's programs, without the variables of a job in which this program may run itself. */
import type { Environments } from "../../scheduler/dialect.js";
import type { Environment } from "../../system/processes/exec.js";

/** Where Grid Engine is (qsub(1), "ENVIRONMENT VARIABLES"): without these, none of its programs would find it. */
const NEEDED = /^SGE_(ROOT|CELL|CLUSTER_NAME|QMASTER_PORT|EXECD_PORT|ARCH)$/;

/** What a job knows of itself besides `SGE_…`. */
const OF_A_JOB =
  /^(JOB_(ID|NAME|SCRIPT)|NSLOTS|NHOSTS|NQUEUES|PE|PE_HOSTFILE|QUEUE|REQUEST|REQNAME|RESTARTED|ENVIRONMENT|ARC)$/;

/** With `#$ -V`, a job would take these for its own: `SGE_TASK_ID` makes a task of it (qsub(1)). */
export const programEnvironments = (own: Environment): Environments => {
  const isJob = own["SGE_JOB_SPOOL_DIR"] !== undefined;
  const removed = Object.keys(own)
    .filter((name) => (/^SGE_/.test(name) && !NEEDED.test(name)) || (isJob && OF_A_JOB.test(name)))
    .sort();
  const environment = Object.fromEntries(Object.entries(own).filter(([name]) => !removed.includes(name)));
  // Not for qsub, whose environment `#$ -V` hands on. Times come without a zone.
  const readable = { ...environment, LC_ALL: "C", LANGUAGE: "C", TZ: "UTC0" };
  return { environment, readable, removed };
};

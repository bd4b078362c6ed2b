/** The dialect of Grid Engine, in the forms of Son of Grid Engine 8.1. */
import type { Site } from "../../scheduler/answers.js";
import type { Dialect } from "../../scheduler/dialect.js";
import { recordsOf } from "./accounting-output.js";
import { qdelObjection } from "./cancel-output.js";
import { qacctWords, qstatWords, qsubWords } from "./commands.js";
import { scriptDirectives } from "./directives.js";
import { programEnvironments } from "./environment.js";
import { outputFileOf } from "./output-file.js";
import { rowsOfQstat } from "./queue-output.js";
import { qsubAnswer } from "./submit-output.js";

/** Requests that qmaster has taken are done within seconds. Its queue shows no job that has ended. */
const SITE: Site = { message_timeout_s: 10, min_job_age_s: 0, accounting: true };

export const GRID_ENGINE: Dialect = {
  name: "gridengine",
  title: "Grid Engine",
  programs: { submit: "qsub", queue: "qstat", accounting: "qacct", cancel: "qdel" },
  environment: programEnvironments,
  directives: scriptDirectives,
  jobVariables: {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell's
    id: "${JOB_ID-}",
    cluster: "",
    restarts: "${RESTARTED-0}",
    node: "${HOSTNAME-}",
    arrayTask: "SGE_TASK_ID",
    /**
     * The script is a copy that `#!` may not count for, and `$0` not name: by default a login shell reads it, whose
     * profile may define `module` (queue_conf(5), `shell_start_mode`). The same shell reads it again.
     */
    startAgain:
      'case "$(tr "\\0" " " </proc/$$/cmdline)" in -*) set -- "$(readlink /proc/$$/exe)" -l "${JOB_SCRIPT:-$0}" "$@";; *) set -- "${JOB_SCRIPT:-$0}" "$@";; esac',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a shell's
    // A job that ends with 99 is started again, and one with 100 stays in the queue as an error (sge_shepherd(8)).
    reservedStatuses: [99, 100],
  },
  submitArguments: qsubWords,
  submitAnswer: qsubAnswer,
  outputOf: outputFileOf,
  queueArguments: qstatWords,
  queueRows: rowsOfQstat,
  accountingArguments: qacctWords,
  accountingRows: recordsOf,
  accountingAtOnce: 1,
  accountsShowMarks: false,
  accountsShowCancel: false,
  // qmaster spools a job before it tells the id.
  forgetsJobs: false,
  cancelArguments: (ids) => ids,
  cancelObjection: qdelObjection,
  cancelAtOnce: 500,
  siteArguments: [],
  site: () => SITE,
  siteDefaults: SITE,
  trialScript: `#!/bin/sh
#$ -N model-ensembler-check
#$ -l h_rt=60
#$ -o job.out -j y
echo here
`,
  detailsCommand: (id) => `qstat -j ${id}`,
};

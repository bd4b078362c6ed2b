/** The dialect of Slurm, 20.11 and newer: its programs' words, its states, its directives. */

import type { AccountRow, QueueRow } from "../../scheduler/answers.js";
import type { Dialect } from "../../scheduler/dialect.js";
import { accountRowOf, isFieldUnknown, parseAccounts } from "./accounting-output.js";
import { objectionOf } from "./cancel-output.js";
import {
  ACCOUNTS_AT_ONCE,
  accountingWords,
  CANCEL_AT_ONCE,
  cancelWords,
  queueWords,
  SITE_WORDS,
  submitWords,
} from "./commands.js";
import { directivesIn } from "./directives.js";
import { environments } from "./environment.js";
import { outputPatternOf } from "./output-file.js";
import { parseQueue, queueRowOf } from "./queue-output.js";
import { SITE_DEFAULTS, siteIn } from "./site-config.js";
import { classify } from "./submit-output.js";

export const SLURM: Dialect = {
  name: "slurm",
  title: "Slurm",
  programs: { submit: "sbatch", queue: "squeue", accounting: "sacct", cancel: "scancel", site: "scontrol" },
  environment: environments,
  directives: directivesIn,
  jobVariables: {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a shell's
    id: "${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID-}}",
    cluster: "${SLURM_CLUSTER_NAME-}",
    restarts: "${SLURM_RESTART_COUNT-0}",
    node: "${SLURMD_NODENAME-}",
    arrayTask: "SLURM_ARRAY_TASK_ID",
    startAgain: 'set -- "$0" "$@"',
    reservedStatuses: [],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a shell's
  },
  submitArguments: submitWords,
  submitAnswer: classify,
  outputOf: outputPatternOf,
  queueArguments: ({ uid, cluster }, answers) => (answers.length === 0 ? queueWords(uid, cluster) : undefined),
  queueRows: (answers): readonly QueueRow[] => answers.flatMap((text) => parseQueue(text).map(queueRowOf)),
  accountingArguments: accountingWords,
  accountingRows: ({ status, stdout, stderr }): ReturnType<Dialect["accountingRows"]> => {
    if (status === 0) return parseAccounts(stdout).map((account): AccountRow => accountRowOf(account));
    if (/accounting storage is disabled/i.test(stderr)) return "disabled";
    return isFieldUnknown(stderr) ? "older" : "silent";
  },
  accountingAtOnce: ACCOUNTS_AT_ONCE,
  accountsShowMarks: true,
  accountsShowCancel: true,
  forgetsJobs: true,
  cancelArguments: cancelWords,
  cancelObjection: objectionOf,
  cancelAtOnce: CANCEL_AT_ONCE,
  siteArguments: SITE_WORDS,
  site: siteIn,
  siteDefaults: SITE_DEFAULTS,
  trialScript: `#!/bin/bash
#SBATCH --job-name=model-ensembler-check
#SBATCH --time=1
#SBATCH --output=job.out
echo here
`,
  detailsCommand: (id) => `scontrol show job ${id}`,
};

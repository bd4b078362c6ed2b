/** The ensembles of the benchmarks: W(N), whose runs use every feature as little as possible, and N no-op jobs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The four templates of W(N). Each script starts a shell and a `cat` of its own: the user's part of a run. */
const TEMPLATES = {
  inputfile: "This is {{ run.number }}\n",
  "pre_run.sh": '#!/usr/bin/env bash\n\necho "PRE PROCESSING: {{ run.cluster }} `cat inputfile`"\n',
  "job.sh": `#!/bin/bash
#
#SBATCH --time={{ run.length }}
#SBATCH --job-name={{ run.name }}{{ run.number }}
#SBATCH --nodes={{ run.nodes }}
#SBATCH --ntasks-per-node {{ run.ntasks }}
#SBATCH --partition={{ run.cluster }}

echo "Initiating from {{ run.source }}"
cd {{ run.dir }}
NUM="\`cat inputfile\`"
echo "Done with run number $NUM" > output.txt
`,
  "post_run.sh": '#!/usr/bin/env bash\n\necho "POST PROCESSING: `cat inputfile`"\n',
};

/** Writes W(N) into a directory: `ensemble.yaml` and its templates. */
export const writeWorkload = (directory, runs, { maxruns = 8, maxjobs = 4 } = {}) => {
  writeTemplates(directory, TEMPLATES);
  const tasks = (name) => `[{name: execute, args: {cmd: ./${name}}}]`;
  writeEnsemble(directory, runs, Object.keys(TEMPLATES), [
    "cluster: short",
    "nodes: 1",
    "ntasks: 8",
    "length: 14",
    `maxruns: ${maxruns}`,
    `maxjobs: ${maxjobs}`,
    `pre_run: ${tasks("pre_run.sh")}`,
    `post_run: ${tasks("post_run.sh")}`,
  ]);
};

/** Writes N runs whose only task is a job that does nothing. */
export const writeNoOps = (directory, runs, { maxruns = 8, maxjobs = 8 } = {}) => {
  writeTemplates(directory, { "job.sh": "#!/bin/sh\n# {{ run.id }}\n" });
  writeEnsemble(directory, runs, ["job.sh"], [`maxruns: ${maxruns}`, `maxjobs: ${maxjobs}`]);
};

/** The variables of one run of W(N), for the floor. */
export const workloadVariables = (number, dir) => ({
  number,
  dir,
  cluster: "short",
  length: 14,
  name: "ens",
  nodes: 1,
  ntasks: 8,
  source: "ensemble.yaml",
});

const writeTemplates = (directory, templates) => {
  mkdirSync(join(directory, "template"), { recursive: true });
  for (const [name, text] of Object.entries(templates)) {
    writeFileSync(join(directory, "template", `${name}.liquid`), text, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
  }
};

const writeEnsemble = (directory, runs, templates, keys) =>
  writeFileSync(
    join(directory, "ensemble.yaml"),
    `ensemble:
  vars: {source: ensemble.yaml}
  batches:
    - name: ens
      basedir: ens
      templatedir: ../template
      templates: [${templates.map((name) => `${name}.liquid`).join(", ")}]
      job_file: job.sh
${keys.map((key) => `      ${key}\n`).join("")}      runs:
${Array.from({ length: runs }, (_, number) => `        - number: ${number}\n`).join("")}`,
  );

/** What a job script tells qsub, and what qsub, qdel and the job are told in turn. */
import { expect, it } from "vitest";
import { qdelObjection } from "../../../lib/backends/gridengine/cancel-output.js";
import { qsubWords } from "../../../lib/backends/gridengine/commands.js";
import { scriptDirectives } from "../../../lib/backends/gridengine/directives.js";
import { programEnvironments } from "../../../lib/backends/gridengine/environment.js";
import { outputFileOf } from "../../../lib/backends/gridengine/output-file.js";
import { recordings } from "./recorded.js";

it.each([
  ["#!/bin/bash\n", true, "/bin/bash"],
  ["#!/bin/bash -l\n", true, "/bin/bash"],
  ["#!/usr/bin/env bash\n", true, "/bin/bash"],
  ["#!/bin/sh\n#$ -S /bin/ksh\n", true, "/bin/ksh"],
  ["#$ -S /bin/bash\ndate\n", true, "/bin/bash"],
  ["#!/bin/bash\n#$ -S /bin/csh\n", false, "/bin/csh"],
  ["#!/bin/csh\n#$ -S /bin/bash\n", false, "/bin/bash"],
  ["#!/bin/csh\n", false, undefined],
  ["#!/usr/bin/env python3\n", false, undefined],
  ["date\n", false, undefined],
])("the script %j has a guard: %s, and its shell is %s", (script, guardable, shell) => {
  expect(scriptDirectives(script)).toMatchObject({ guardable, ...(shell !== undefined && { shell }) });
  expect(scriptDirectives(script).shell).toBe(shell);
});

it("directives are read in all of the script, and the guard stands before its first command", () => {
  const script = "#!/bin/bash\n#$ -N 'a b' -j y\n\necho one\n#$ -S /bin/ksh\n";
  expect(scriptDirectives(script)).toMatchObject({ end: 30, shell: "/bin/ksh" });
});

it("qsub gets the mark beside the user's own context, and the shell", () => {
  const directives = scriptDirectives("#!/bin/bash\n");
  expect(qsubWords({ script: "/s/job.sh", directory: "/run", mark: "abc.1", directives })).toEqual([
    ...["-terse", "-r", "n", "-wd", "/run", "-ac", "me=abc.1", "-S", "/bin/bash", "/s/job.sh"],
  ]);
});

it.each([
  ["", "tst-0.o12", "tst-0.e12", "tst-0.o12.3", "!tst-0.o123", "!other.o12"],
  ["#$ -j y\n", "tst-0.o12", "!tst-0.e12"],
  ["#$ -o log.$JOB_ID.$TASK_ID -j y\n", "log.12.3", "log.12.undefined", "!log.13.3"],
  ["#$ -o out.$HOSTNAME\n", "out.n1.cluster", "!outn1"],
  ["#$ -o logs/\n", "tst-0.o12"],
])("the output of a job with the directives %j has these names, and not those", (directives, ...names) => {
  const job = { script: `#!/bin/bash\n${directives}`, file: "job.sh", directory: "/run", id: "12", name: "tst-0" };
  const { file, directory } = outputFileOf(job);
  expect(directory).toBe(directives.includes("logs/") ? "/run/logs" : "/run");
  for (const name of names) expect([name, file.test(name.replace("!", ""))]).toEqual([name, !name.startsWith("!")]);
});

it("Grid Engine's programs get what tells them where it is, and nothing of a job that the program may be itself", () => {
  const site = { SGE_ROOT: "/opt/sge", SGE_CELL: "default", SGE_QMASTER_PORT: "6444", SGE_CLUSTER_NAME: "p6444" };
  const job = { SGE_TASK_ID: "2", SGE_JOB_SPOOL_DIR: "/s", JOB_ID: "7", QUEUE: "long", RESTARTED: "0", NSLOTS: "1" };
  const { environment, readable, removed } = programEnvironments({ PATH: "/bin", ...site, ...job });
  expect(environment).toEqual({ PATH: "/bin", ...site });
  expect(readable).toMatchObject({ LC_ALL: "C", TZ: "UTC0", ...site });
  expect(removed).toEqual(Object.keys(job).sort());
  // Outside of a job, these are the user's own.
  expect(programEnvironments({ QUEUE: "mine", JOB_ID: "x" }).removed).toEqual([]);
});

it("every recorded qdel has its objection to each job", () => {
  const found = recordings("qdel").flatMap(({ name, text, status }) =>
    [...new Set(text.match(/\b\d{5,6}\b/g) ?? ["60051"])].map((id) => {
      const objection = qdelObjection(id, { status, stdout: text, stderr: "" });
      return [`${name} ${id}`, objection?.is];
    }),
  );
  expect(Object.fromEntries(found)).toEqual({
    ...{
      "running 60051": undefined,
      "again 60051": "queue_tells",
      "pending 60052": undefined,
      "gone 60052": "queue_tells",
    },
    ...{
      "several 999999": "queue_tells",
      "several 60055": "final",
      "several 60053": undefined,
      "several 60051": "queue_tells",
    },
    ...{ "other 60055": "final", "array-pending 60054": undefined, "unknown 999999": "queue_tells" },
    ...{ "word 60051": "again", "none 60051": "again", "port 60051": "again", "root 60051": "again" },
    ...{ "host 60056": undefined, "host-again 60056": undefined },
  });
});

it("a qdel that is not there, or does not answer, is no answer", () => {
  expect(qdelObjection("1", { status: null, stdout: "", stderr: "", problem: "ENOENT" })?.is).toBe("final");
  expect(qdelObjection("1", { status: null, stdout: "", stderr: "", problem: "no answer in 240 s" })?.is).toBe("again");
});

/**
 * An ensemble that counts its own executions: every job and command adds a line to a file outside the run directories.
 * These files show what was done twice or never, independently of the journal.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const RUNS = 8;

/** Counters with one line for each run, and counters with a single line. */
const EACH = ["pre", "began", "ended", "post"];
const ONCE = ["before", "batch", "after"];

/** Makes a directory with `ensemble.yaml`. The nth job takes the nth of `times`, in seconds. */
export const countedEnsemble = (times) => {
  const directory = mkdtempSync(join(tmpdir(), "counted-"));
  const write = (name, text) => writeFileSync(join(directory, name), text);
  mkdirSync(join(directory, "template"));
  mkdirSync(join(directory, "counts"));
  write("template/job.sh.liquid", JOB);
  chmodSync(join(directory, "template/job.sh.liquid"), 0o755);
  write("ensemble.yaml", `${CONFIGURATION}${times.map((time) => `        - takes: ${time}\n`).join("")}`);
  return directory;
};

const JOB = `#!/bin/bash
echo "{{ run.id }} $$" >> "$COUNTS/began"
sleep {{ run.takes }}
echo "{{ run.id }}" > result
echo "{{ run.id }} $$" >> "$COUNTS/ended"
`;

const counting = (name) => `{name: execute, args: {cmd: 'echo "$(basename "$PWD") $$" >> "$COUNTS/${name}"'}}`;

const CONFIGURATION = `ensemble:
  pre_process: [${counting("before")}]
  post_process: [${counting("after")}]
  batches:
    - name: b
      templates: [job.sh.liquid]
      templatedir: ../template
      job_file: job.sh
      basedir: work
      maxruns: 4
      maxjobs: 3
      pre_run:
        - {name: check, args: {cmd: test -e job.sh}}
        - ${counting("pre")}
      post_run:
        - ${counting("post")}
        - {name: move, args: {dest: ../../archive}}
        - {name: remove}
      post_batch: [${counting("batch")}]
      runs:
`;

export const environmentOf = (directory) => ({ ...process.env, COUNTS: join(directory, "counts") });

/** Returns what is wrong after the ensemble has finished. */
export const complaintsAbout = (directory) => {
  const ids = Array.from({ length: RUNS }, (_, index) => `b-${index}`);
  const complaints = [];
  for (const name of EACH) complaints.push(...miscounted(directory, name, ids));
  for (const name of ONCE)
    if (counted(directory, name).length !== 1) complaints.push(`${name} was not done exactly once`);
  for (const id of ids) {
    const result = join(directory, "archive", id, "result");
    if (!existsSync(result) || readFileSync(result, "utf8") !== `${id}\n`) complaints.push(`${id} has no result`);
  }
  const left = existsSync(join(directory, "work")) ? readdirSync(join(directory, "work")) : [];
  if (left.length > 0) complaints.push(`the work directory still holds: ${left.join(", ")}`);
  return complaints;
};

const miscounted = (directory, name, ids) => {
  const lines = counted(directory, name);
  const often = (id) => lines.filter((line) => line.split(" ")[0] === id).length;
  return ids.filter((id) => often(id) !== 1).map((id) => `${name} was done ${often(id)} times for ${id}`);
};

const counted = (directory, name) => {
  const path = join(directory, "counts", name);
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
};

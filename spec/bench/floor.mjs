/**
 * The floor: a script that does exactly the work of W(N) and nothing else. No checks, no events, no log.
 *
 *   node floor.mjs N MAXRUNS MAXJOBS     in the directory of the workload
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { workloadVariables } from "./workload.mjs";

const [runs, maxruns, maxjobs] = process.argv.slice(2).map(Number);

const templates = readdirSync("template").map((name) => ({
  name: name.replace(/\.liquid$/, ""),
  mode: statSync(`template/${name}`).mode & 0o777,
  // Alternately text and the name of a variable.
  parts: readFileSync(`template/${name}`, "utf8").split(/{{ run\.(\w+) }}/),
}));

mkdirSync("ens");
let next = 0;
await Promise.all(
  Array.from({ length: Math.min(maxruns, runs) }, async () => {
    while (next < runs) await run(next++);
  }),
);

async function run(number) {
  const directory = `${process.cwd()}/ens/ens-${number}`;
  const variables = workloadVariables(number, directory);
  mkdirSync(directory);
  for (const { name, mode, parts } of templates) {
    const text = parts.map((part, place) => (place % 2 === 0 ? part : variables[part])).join("");
    writeFileSync(`${directory}/${name}`, text, { mode });
  }
  await execute("/bin/bash", ["-c", "./pre_run.sh"], directory, "pipe");
  await inJobSlot(() => execute("./job.sh", [], directory, "ignore"));
  await execute("/bin/bash", ["-c", "./post_run.sh"], directory, "pipe");
}

function execute(file, words, cwd, output) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { cwd, stdio: ["ignore", output, output] });
    child.stdout?.resume();
    child.stderr?.resume();
    child.on("error", reject);
    child.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`${file} ended with ${status}`))));
  });
}

/** Does the work once one of `maxjobs` slots is free. */
async function inJobSlot(work) {
  inJobSlot.free ??= maxjobs;
  inJobSlot.queue ??= [];
  if (inJobSlot.free > 0) inJobSlot.free -= 1;
  else await new Promise((resolve) => inJobSlot.queue.push(resolve));
  await work();
  const next = inJobSlot.queue.shift();
  if (next) next();
  else inJobSlot.free += 1;
}

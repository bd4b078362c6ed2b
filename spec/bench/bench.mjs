/**
 * Benchmarks of the program: `npm run bench`, or `npm run bench -- overhead --runs 500 --rounds 5`.
 *
 * overhead: W(N) by the program and by the floor in turn, so that a busy machine slows both.
 * no-ops:   10,000 jobs that do nothing: memory, and whether the last thousand are as fast as the first thousand.
 * tree:     the cost of the live tree: the same simulated ensemble with and without it.
 * help:     the time of `--help`.
 *
 * Run the benchmarks on an idle machine.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, median } from "./measure.mjs";
import { writeNoOps, writeWorkload } from "./workload.mjs";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const FLOOR = join(import.meta.dirname, "floor.mjs");
const NODE = process.execPath;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "500" },
    rounds: { type: "string", default: "5" },
    maxruns: { type: "string", default: "8" },
    maxjobs: { type: "string", default: "4" },
  },
});

const BENCHES = { overhead, "no-ops": noOps, tree, help };
const chosen = positionals.length > 0 ? positionals : Object.keys(BENCHES);
console.log(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model.trim() ?? "unknown"}\n`);
for (const name of chosen) {
  if (BENCHES[name] === undefined)
    throw new Error(`no benchmark named ${name}; there are ${Object.keys(BENCHES).join(", ")}`);
  console.log(`${await BENCHES[name]()}\n`);
}

async function overhead() {
  const [runs, rounds, maxruns, maxjobs] = [values.runs, values.rounds, values.maxruns, values.maxjobs].map(Number);
  const peers = {
    model_ensemble: [NODE, MAIN, "ensemble.yaml", "dummy", "--max-stagger", "0"],
    "Node floor": [NODE, FLOOR, String(runs), String(maxruns), String(maxjobs)],
  };
  const taken = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
  // The first round only warms up the machine's caches.
  for (let round = 0; round <= rounds; round += 1) {
    // The order may matter, so it alternates.
    const order = round % 2 === 0 ? Object.keys(peers) : Object.keys(peers).reverse();
    for (const name of order) {
      const result = await fresh(async (directory) => {
        writeWorkload(directory, runs, { maxruns, maxjobs });
        const measured = await measure(peers[name], directory);
        demandResults(directory, runs);
        return measured;
      });
      if (round > 0) taken[name].push(result);
    }
  }
  const medianOf = (name, key) => median(taken[name].map((result) => result[key]));
  const ratio = (name, key) =>
    median(taken[name].map((result, round) => result[key] / taken["Node floor"][round][key]));
  return table(
    [`W(${runs}), maxruns ${maxruns}, maxjobs ${maxjobs}`, "wall", "CPU", "memory", "wall / floor", "CPU / floor"],
    Object.keys(peers).map((name) => [
      name,
      `${medianOf(name, "wall_s").toFixed(2)} s`,
      `${medianOf(name, "cpu_s").toFixed(2)} s`,
      `${medianOf(name, "memory_MB").toFixed(0)} MB`,
      ratio(name, "wall_s").toFixed(2),
      ratio(name, "cpu_s").toFixed(2),
    ]),
  );
}

async function noOps() {
  const runs = 10_000;
  return fresh(async (directory) => {
    writeNoOps(directory, runs);
    const words = [NODE, MAIN, "ensemble.yaml", "dummy", "--max-stagger", "0", "--json"];
    const { wall_s, memory_MB } = await measure(words, directory);
    const ends = readFileSync(join(directory, "output.log"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes('"run.finished"'))
      .map((line) => JSON.parse(line))
      .filter(({ ok }) => ok)
      .map(({ time }) => Date.parse(time));
    if (ends.length !== runs) throw new Error(`${ends.length} of ${runs} runs succeeded`);
    const rate = (from) => (999 * 1000) / (ends[from + 999] - ends[from]);
    return table(
      ["10,000 jobs that do nothing", "wall", "memory", "first thousand", "last thousand"],
      [
        [
          "model_ensemble --json",
          `${wall_s.toFixed(1)} s`,
          `${memory_MB.toFixed(0)} MB`,
          `${rate(0).toFixed(0)} runs/s`,
          `${rate(runs - 1000).toFixed(0)} runs/s`,
        ],
      ],
    );
  });
}

async function tree() {
  const words = [NODE, MAIN, "ensemble.yaml", "dummy", "--max-stagger", "0", "--simulate", "time=0.1..0.5s seed=1"];
  const once = (terminal) =>
    fresh(async (directory) => {
      writeNoOps(directory, 5000, { maxruns: 50, maxjobs: 50 });
      return measure(words, directory, { terminal });
    });
  const pairs = [];
  for (let round = 0; round < 3; round += 1) pairs.push([await once(false), await once(true)]);
  const share = median(pairs.map(([without, shown]) => (100 * (shown.own_s - without.own_s)) / shown.wall_s));
  const [without, shown] = [0, 1].map((place) => median(pairs.map((pair) => pair[place].own_s)));
  const wall = median(pairs.map(([, { wall_s }]) => wall_s));
  return table(
    [
      "5,000 simulated jobs, 50 at once",
      "wall",
      "CPU with one line per event",
      "CPU with the tree",
      "tree, of one core",
    ],
    [
      [
        "model_ensemble --simulate",
        `${wall.toFixed(1)} s`,
        `${without.toFixed(2)} s`,
        `${shown.toFixed(2)} s`,
        `${share.toFixed(1)} %`,
      ],
    ],
  );
}

async function help() {
  const time = async (words) => {
    const taken = [];
    for (let round = 0; round < 11; round += 1) taken.push((await fresh((at) => measure([NODE, ...words], at))).wall_s);
    return `${(1000 * median(taken)).toFixed(0)} ms`;
  };
  return table(
    ["start-up, whole process", "wall"],
    [
      ["an empty node", await time(["-e", "0"])],
      ["model_ensemble --help", await time([MAIN, "--help"])],
    ],
  );
}

/** Calls `work` with a new temporary directory, and removes the directory afterwards. */
async function fresh(work) {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Throws unless every run has written its result. */
function demandResults(directory, runs) {
  for (let number = 0; number < runs; number += 1) {
    const text = readFileSync(join(directory, `ens/ens-${number}/output.txt`), "utf8");
    if (text !== `Done with run number This is ${number}\n`) throw new Error(`run ${number} is not done: ${text}`);
  }
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

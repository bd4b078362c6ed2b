/**
 * Kills the built program with `kill -9` at random moments, and starts it again until the ensemble is finished. Then
 * checks the ensemble's own counters. `node spec/faults/kill.mjs [kills] [seed]`.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { complaintsAbout, countedEnsemble, environmentOf, RUNS } from "./counted.mjs";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");
const WORDS = ["ensemble.yaml", "dummy", "-ms", "0", "-ct", "1", "--json"];
const MOST_PER_ENSEMBLE = 12;
const PATIENCE_MS = 60_000;
/** A resumed start emits about this many events while it recovers. */
const SOON = 15;

const wanted = Number(process.argv[2] ?? 6);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);

/** Mulberry32: random numbers that a seed reproduces. */
const randomFrom = (start) => {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
};
const random = randomFrom(seed);

/**
 * When to kill: before the first event, at any time, soon after the start, or shortly after a later event, when most of
 * the work is done. `starts`: a time as a multiple of the time until the first event, which a busy machine prolongs too.
 */
const moment = () => {
  const kind = random();
  if (kind < 0.1) return { events: 0, after_ms: random() * 300 };
  if (kind < 0.4) return { events: 1, starts: random() * 3 };
  if (kind < 0.65) return { events: 2 + Math.floor(random() * SOON), after_ms: random() * 12 };
  return { events: SOON + Math.floor(random() * 80), after_ms: random() * 12 };
};

/** Starts the program and resolves once it has ended. `when`: the moment to kill it, if any. */
const start = (directory, when) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...WORDS], { cwd: directory, env: environmentOf(directory) });
    const began = Date.now();
    let [err, events, killed] = ["", 0, false];
    const kill = (after_ms) =>
      setTimeout(() => {
        killed = child.kill("SIGKILL");
      }, after_ms);
    let timer = when?.events === 0 ? kill(when.after_ms) : undefined;
    const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    child.stdout.on("data", (text) => {
      events += String(text).split("\n").length - 1;
      if (when !== undefined && events >= when.events)
        timer ??= kill(when.after_ms ?? when.starts * (Date.now() - began));
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      clearTimeout(patience);
      resolve({ status, signal, err, events, killed: killed && signal === "SIGKILL" });
    });
  });

/** Runs one ensemble to its end, and kills the program at most `most` times. */
const ordeal = async (most) => {
  const directory = countedEnsemble(Array.from({ length: RUNS }, () => (0.1 + random() * 0.3).toFixed(2)));
  const kills = [];
  let last;
  for (;;) {
    const when = kills.length < most ? moment() : undefined;
    last = await start(directory, when);
    if (!last.killed) break;
    kills.push({ ...when, emitted: last.events });
  }
  const complaints = complaintsAbout(directory);
  if (last.status !== 0) complaints.push(`the program ended with ${last.status ?? last.signal}: ${last.err.trim()}`);
  if (complaints.length === 0) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  else console.log(`${directory} is kept:\n  ${complaints.join("\n  ")}\n  kills: ${JSON.stringify(kills)}`);
  return { kills, complaints };
};

console.log(`seed ${seed}`);
const all = { kills: 0, ensembles: 0, recoveries: 0, complaints: 0, most: 0 };
while (all.kills < wanted) {
  const { kills, complaints } = await ordeal(Math.min(MOST_PER_ENSEMBLE, wanted - all.kills));
  all.kills += kills.length;
  all.ensembles += 1;
  all.recoveries += kills.filter(({ emitted }, index) => index > 0 && emitted > 0 && emitted <= SOON).length;
  all.complaints += complaints.length;
  all.most = Math.max(all.most, kills.length);
}
console.log(
  `${all.kills} kills in ${all.ensembles} ensembles of ${RUNS} runs, at most ${all.most} in one, ` +
    `${all.recoveries} of them within the first ${SOON} events after a restart: ${all.complaints} complaints`,
);
process.exitCode = all.complaints === 0 ? 0 : 1;

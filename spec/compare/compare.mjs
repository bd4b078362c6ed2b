/**
 * `npm run compare -- [DIR …]`: runs ensembles with this program and with the Python tool, and compares their files.
 *
 * DIR holds `ensemble.yaml` and the files it needs. Optional files are `arguments` (more words for the command line),
 * `arguments-here` (words for this program alone) and `differs` (paths that differ on purpose, one `path: reason` a line).
 * Without DIR, every folder of fixtures/compare.
 * MODEL_ENSEMBLER_PYTHON names Python interpreters, separated by colons; each has a release of the Python tool installed:
 *   python3 -m venv /tmp/old && /tmp/old/bin/pip install model-ensembler==0.6.2
 *   python3 -m venv /tmp/new && /tmp/new/bin/pip install model-ensembler==0.7.0
 *   MODEL_ENSEMBLER_PYTHON=/tmp/old/bin/python:/tmp/new/bin/python npm run compare
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;
const PROGRAM = join(ROOT, "dist/cli/main.js");
const FAST = ["-ms", "0", "-ct", "1", "-st", "1", "-rt", "1", "-et", "1"];
const START_PYTHON = "from model_ensembler.cli import main; main()";
const SHOW_RELEASE = "import model_ensembler; print(model_ensembler.__version__)";

const lines = (path) =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"))
    : [];

/** Runs one program on a fresh copy of a folder, and lists the files there afterwards. */
const outcome = (folder, how) => {
  // Rendered files contain run.dir, so both directories have names of the same length, which treeOf replaces.
  const directory = mkdtempSync(join(tmpdir(), `${how.name.padEnd(6, "_")}-`));
  try {
    cpSync(folder, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    const wordsIn = (file) => lines(join(folder, file)).join(" ").split(" ").filter(Boolean);
    const words = [...FAST, ...wordsIn("arguments"), ...how.files.flatMap(wordsIn)];
    const extra = words.indexOf("-x");
    // argparse takes every word after -x as a variable, so -x comes last.
    const [before, after] = extra < 0 ? [words, []] : [words.slice(0, extra), words.slice(extra)];
    const [program, ...first] = how.command;
    const env = { ...process.env, ...how.env };
    const end = spawnSync(program, [...first, ...before, "ensemble.yaml", "dummy", ...after], {
      cwd: directory,
      env,
      encoding: "utf8",
      timeout: 120_000,
    });
    return { status: end.status, text: `${end.stdout}${end.stderr}`, tree: treeOf(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** Maps each path below a directory to its kind, mode, and bytes or target. Leaves out the logs of both programs. */
const treeOf = (directory) => {
  const found = new Map();
  const walk = (folder) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const place = relative(directory, path).replace(/execute_command\.[^/]*\.log$/, "execute_command.log");
      if (place === "logs" || place === ".ensemble" || isOutput(place)) continue;
      const stat = lstatSync(path);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) found.set(place, `link to ${readlinkSync(path).replaceAll(directory, "<here>")}`);
      else if (stat.isDirectory()) {
        found.set(place, `directory ${mode}`);
        walk(path);
      } else found.set(place, `file ${mode}\n${readFileSync(path, "latin1").replaceAll(directory, "<here>")}`);
    }
  };
  walk(directory);
  return found;
};

/** The output of a job: this program writes it beside the job file, the Python tool to its own terminal. */
const isOutput = (place) => /\.out$/.test(place);

/** The paths at which two trees differ. */
const differences = (ours, theirs) => {
  const places = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return places.filter((place) => ours.get(place) !== theirs.get(place));
};

const show = (text) => (text === undefined ? "(not there)" : JSON.stringify(text).slice(0, 300));

/** The releases of the Python tool to compare with. */
const releases = (process.env.MODEL_ENSEMBLER_PYTHON || "python3").split(":").map((interpreter) => {
  const { status, stdout } = spawnSync(interpreter, ["-c", SHOW_RELEASE], { encoding: "utf8" });
  if (status === 0) return { interpreter, release: stdout.trim() };
  console.error(
    `compare: ${interpreter} has no model_ensembler; MODEL_ENSEMBLER_PYTHON names interpreters that have it`,
  );
  process.exit(2);
});
const given = process.argv.slice(2).map((folder) => resolve(folder));
const all = join(ROOT, "fixtures/compare");
const folders = given.length > 0 ? given : readdirSync(all).map((name) => join(all, name));
let passed = 0;
let failed = 0;

/** Compares the trees of one ensemble with this program and with one release, and prints the verdict. */
const compare = (folder, ours, { interpreter, release }) => {
  const env = { PYTHONDONTWRITEBYTECODE: "1" };
  const theirs = outcome(folder, { name: "python", command: [interpreter, "-c", START_PYTHON], files: [], env });
  const expected = lines(join(folder, "differs")).map((line) => line.split(":")[0] ?? "");
  const places = differences(ours.tree, theirs.tree);
  const isIn = (place, prefix) => place === prefix || place.startsWith(`${prefix}/`);
  const unexpected = places.filter((place) => !expected.some((prefix) => isIn(place, prefix)));
  const missing = expected.filter((prefix) => !places.some((place) => isIn(place, prefix)));
  const same = unexpected.length === 0 && missing.length === 0;
  if (same) passed += 1;
  else failed += 1;
  console.log(
    `${same ? "same" : "DIFFERS"}  ${release}  ${basename(folder)}  (${ours.tree.size} paths, ${expected.length} expected differences)`,
  );
  for (const place of unexpected) {
    console.log(`  ${place}\n    here:   ${show(ours.tree.get(place))}\n    python: ${show(theirs.tree.get(place))}`);
  }
  for (const prefix of missing) console.log(`  ${prefix}: expected to differ, and is the same`);
  if (!same) console.log(`  exit status here: ${ours.status}: ${ours.text.slice(-600)}`);
};

for (const folder of folders) {
  const here = { name: "ours", command: [process.execPath, PROGRAM], files: ["arguments-here"], env: {} };
  const ours = outcome(folder, here);
  for (const release of releases) compare(folder, ours, release);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/**
 * What the program needs of Node and of the system before it can load the rest of itself. Old versions of Node must be able
 * to read this file.
 */
import { readFileSync } from "node:fs";
import { EXIT } from "./exit-status.js";

/** As in package.json. */
export const NEEDED_NODE = "20.19";

/** With fewer, Node cannot even load the program. */
const NEEDED_FILES = 64;

/** Why the program cannot run here; undefined if it can. */
export const whyNotHere = (version: string, limits: string): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED_NODE.split(".").map(Number);
  if (major < neededMajor || (major === neededMajor && minor < neededMinor))
    return `it needs Node ${NEEDED_NODE} or later, and ${process.execPath} is Node ${version}`;
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (files < NEEDED_FILES)
    return `it may open only ${files} files at once (\`ulimit -n\`), and needs ${NEEDED_FILES}, and more with many runs: raise the limit`;
  return undefined;
};

/** Ends the program with exit status 2 if it cannot run here: nothing has been started. */
export const demandRequirements = (): void => {
  const problem = whyNotHere(process.versions.node, limitsOfProcess());
  if (problem === undefined) return;
  process.stderr.write(`error: model_ensemble cannot run here: ${problem}\n`);
  process.exit(EXIT.refused);
};

const limitsOfProcess = (): string => {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
};

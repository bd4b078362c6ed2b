/** Checks the values of a configuration against the schema, and reports each mistake with the value that was expected. */

import type { z } from "zod";
import { didYouMean } from "../../diagnostics/suggest.js";
import { Float, isVariables, Timestamp, type Value } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import type { Locations, Path } from "../yaml/locate.js";
import { oddSpaceIn } from "../yaml/odd-space.js";
import { BATCH, BATCH_CONFIG, CONFIGURATION, ENSEMBLE } from "./ensemble.js";
import { toPlain } from "./plain.js";
import { ARGUMENTS, TASK_KEYS } from "./tasks.js";

/** Reports every mistake. Returns the paths of the values that the schema rejects; unknown keys are not among them. */
export const checkAgainstSchema = (root: Value, locations: Locations, found: Findings): readonly Path[] => {
  const { error } = CONFIGURATION.safeParse(toPlain(root));
  const issues = error?.issues ?? [];
  for (const issue of issues) report(issue, root, locations, found);
  return issues.filter(({ code }) => code !== "unrecognized_keys").map(pathOf);
};

const report = (issue: z.core.$ZodIssue, root: Value, locations: Locations, found: Findings): void => {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const [code, message] = unknownKey(key, path, root);
      found.error(code, message, locations.key([...path, key]));
    }
    return;
  }
  const value = valueAt(root, path);
  const last = path.at(-1);
  if (value === undefined && last !== undefined) {
    const owner = ownerOf(path.slice(0, -1), root);
    found.error(
      "missing-key",
      `${owner} needs \`${last}\`${expectation(issue)}${fullFormHint(path, root)}`,
      locations.value(path),
    );
  } else if (issue.code === "invalid_union" && last === "name" && isTask(path.slice(0, -1))) {
    const name = String(toPlain(value ?? null));
    const message = `there is no task \`${name}\`${didYouMean(name, TASK_NAMES) || `; the tasks are ${listed(TASK_NAMES)}`}`;
    found.error("unknown-task", message, locations.value(path));
  } else {
    const written = locations.written(path);
    const wrongType = issue.code === "invalid_type" || issue.code === "invalid_union" || issue.code === "custom";
    const message = `${subject(path, root)} must be ${issue.message}, not ${describeValue(value, written?.text)}`;
    found.error(
      wrongType ? "wrong-type" : "wrong-value",
      `${message}${quotingHint(issue.message, value, written)}`,
      locations.value(path),
    );
  }
};

const pathOf = ({ path }: z.core.$ZodIssue): Path => path.filter((part) => typeof part !== "symbol");

const valueAt = (root: Value, path: Path): Value | undefined => {
  let value: Value | undefined = root;
  for (const part of path) {
    if (typeof part === "number") value = Array.isArray(value) ? (value as readonly Value[])[part] : undefined;
    else value = value !== undefined && isVariables(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
};

const unknownKey = (key: string, path: Path, root: Value): readonly [code: string, message: string] => {
  const owner = ownerOf(path, root);
  const belongs = properPlace(key, path, root);
  if (belongs !== undefined) return ["misplaced-key", `\`${key}\` is misplaced: it belongs ${belongs}`];
  const known = knownKeys(path, root);
  const odd = oddSpaceIn(key);
  if (odd !== undefined && known.includes(key.trim()))
    return ["unknown-key", `${owner} has no key \`${key}\`: ${odd} stands at \`${key.trim()}\`; remove it`];
  return [
    "unknown-key",
    `${owner} has no key \`${key}\`${didYouMean(key, known) || `; its keys are ${listed(known)}`}`,
  ];
};

/** The place where a known key belongs, if the user wrote it elsewhere. */
const properPlace = (key: string, path: Path, root: Value): string | undefined => {
  const is = (shape: object) => Object.hasOwn(shape, key);
  if (path.length === 0) return is(ENSEMBLE.shape) ? "under `ensemble`" : undefined;
  if (path.length === 1) return is(BATCH.shape) ? "in a batch" : undefined;
  if (path[1] === "batch_config" && path.length === 2)
    return is(BATCH.shape) ? "in each batch, not in `batch_config`" : undefined;
  if (path[1] === "batches" && path.length === 3)
    return is(ENSEMBLE.shape) ? "under `ensemble`, beside `batches`" : undefined;
  if (path.at(-1) === "args") return TASK_KEYS.includes(key) ? "beside `args`" : undefined;
  return is(argumentsOf(path, root)) ? "under `args`" : undefined;
};

const knownKeys = (path: Path, root: Value): readonly string[] => {
  if (path.length === 0) return Object.keys(CONFIGURATION.shape);
  if (path.length === 1) return Object.keys(ENSEMBLE.shape);
  if (path.length === 2 && path[1] === "batch_config") return Object.keys(BATCH_CONFIG.shape);
  if (path.length === 3 && path[1] === "batches") return Object.keys(BATCH.shape);
  return path.at(-1) === "args" ? Object.keys(argumentsOf(path.slice(0, -1), root)) : TASK_KEYS;
};

const argumentsOf = (task: Path, root: Value): object => {
  const name = taskName(task, root);
  return name !== undefined && Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[name as keyof typeof ARGUMENTS].shape : {};
};

const taskName = (task: Path, root: Value): string | undefined => {
  const name = valueAt(root, [...task, "name"]);
  return typeof name === "string" ? name : undefined;
};

const isTask = (path: Path): boolean => typeof path.at(-1) === "number" && /^(?:pre|post)_/.test(String(path.at(-2)));

/** A name, for messages, of the mapping that holds a key. */
const ownerOf = (path: Path, root: Value): string => {
  if (path.length === 0) return "the configuration";
  if (path.at(-1) === "args") return `the task \`${taskName(path.slice(0, -1), root) ?? ""}\``;
  if (isTask(path)) {
    const name = taskName(path, root);
    return name === undefined ? "a task" : `the task \`${name}\``;
  }
  if (path[1] === "batches" && path.length === 3) {
    const name = valueAt(root, [...path, "name"]);
    return typeof name === "string" ? `the batch \`${name}\`` : "a batch";
  }
  return `\`${String(path.at(-1))}\``;
};

/** A name, for messages, of the value that is wrong: its key, or its place in a list. */
const subject = (path: Path, root: Value): string => {
  if (path.length === 0) return "the configuration";
  const names = path.slice(path.findLastIndex((part) => typeof part === "string"));
  const [name, ...indexes] = names;
  const key = `\`${String(name)}${indexes.map((index) => `[${index}]`).join("")}\``;
  return path.at(-2) === "args" ? `${key} of ${ownerOf(path.slice(0, -1), root)}` : key;
};

const expectation = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_union" && "discriminator" in issue ? `, one of ${listed(TASK_NAMES)}` : `, ${issue.message}`;

/** The full form of a task, for a user who wrote `- move: …` as in other tools. */
const fullFormHint = (path: Path, root: Value): string => {
  const owner = valueAt(root, path.slice(0, -1));
  const name =
    path.at(-1) === "name" && isVariables(owner ?? null)
      ? Object.keys(owner as object).find((key) => TASK_NAMES.includes(key))
      : undefined;
  return name === undefined ? "" : `; write \`name: ${name}\`, and its arguments under \`args:\``;
};

const describeValue = (value: Value | undefined, written?: string): string => {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string")
    return `the string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)}`;
  if (typeof value === "boolean") {
    const word = String(value);
    return written === undefined || written.toLowerCase() === word
      ? word
      : `${word} (\`${written}\` is read as ${word})`;
  }
  if (value instanceof Timestamp) return `the date ${value.text}`;
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Float)
    return `the number ${String(value)}`;
  return Array.isArray(value) ? "a list" : "a mapping";
};

/** Advice about a value that would be valid with quotes, or without them. */
const quotingHint = (
  wanted: string,
  value: Value | undefined,
  written: { text: string; plain: boolean } | undefined,
): string => {
  if (written === undefined || value === null || written.text === "") return "";
  if (written.plain && typeof value !== "string")
    return /\bstrings?\b|characters|letters|path/.test(wanted) ? "; put it in quotes" : "";
  if (!/number/.test(wanted) || Number.isNaN(Number(written.text))) return "";
  return written.plain ? "; write it in plain digits" : "; remove the quotes";
};

const listed = (words: readonly string[]): string => words.join(", ");
const TASK_NAMES = Object.keys(ARGUMENTS);

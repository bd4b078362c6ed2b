/** The members of a dialect, by which the program checks the one that a module exports. */
import type { Dialect } from "../scheduler/dialect.js";
import { isNameTaken } from "./names.js";

type Kind = "text" | "number" | "boolean" | "list" | "function";

type Members = { readonly [name: string]: Kind | Members };

const MEMBERS = {
  name: "text",
  title: "text",
  programs: { submit: "text", queue: "text", cancel: "text" },
  environment: "function",
  directives: "function",
  jobVariables: {
    ...{ id: "text", cluster: "text", restarts: "text", node: "text", arrayTask: "text", startAgain: "text" },
    reservedStatuses: "list",
  },
  submitArguments: "function",
  submitAnswer: "function",
  outputOf: "function",
  queueArguments: "function",
  queueRows: "function",
  accountingArguments: "function",
  accountingRows: "function",
  accountingAtOnce: "number",
  accountsShowMarks: "boolean",
  accountsShowCancel: "boolean",
  forgetsJobs: "boolean",
  cancelArguments: "function",
  cancelObjection: "function",
  cancelAtOnce: "number",
  siteArguments: "list",
  site: "function",
  siteDefaults: { message_timeout_s: "number", min_job_age_s: "number", accounting: "boolean" },
  trialScript: "text",
  detailsCommand: "function",
} as const satisfies Readonly<Record<keyof Dialect, Kind | Members>>;

/** Members that only a scheduler with that program needs. */
const ONLY_WITH: Readonly<Record<string, keyof Dialect["programs"]>> = {
  ...{ accountingArguments: "accounting", accountingRows: "accounting", accountingAtOnce: "accounting" },
  ...{ siteArguments: "site", site: "site" },
};

/** The dialect in a value. Throws a `RangeError`, a sentence that begins with `where`, if the value is not one. */
export const checkDialect = (value: unknown, where: string): Dialect => {
  const missing = missingIn(value, MEMBERS).filter(({ name }) => isNeeded(name, value));
  if (missing.length > 0) {
    const list = missing.map(({ name, kind }) => `${name} (a ${kind})`).join(", ");
    throw new RangeError(`the dialect of ${where} has no ${list}`);
  }
  const dialect = value as Dialect;
  const { name } = dialect;
  if (!/^[a-z][a-z0-9_-]*$/.test(name))
    throw new RangeError(`the dialect of ${where} is called ${JSON.stringify(name)}: name it in one lower-case word`);
  if (isNameTaken(name))
    throw new RangeError(`the dialect of ${where} is called ${name}, as a backend of this program is: rename it`);
  return dialect;
};

const isNeeded = (member: string, value: unknown): boolean => {
  const program = ONLY_WITH[member];
  return program === undefined || memberOf(memberOf(value, "programs"), program) !== undefined;
};

interface MissingMember {
  /** `jobVariables.id`. */
  readonly name: string;
  readonly kind: Kind;
}

const missingIn = (value: unknown, members: Members, before = ""): readonly MissingMember[] =>
  Object.entries(members).flatMap(([member, kind]) => {
    const [name, found] = [`${before}${member}`, memberOf(value, member)];
    if (typeof kind !== "string") return missingIn(found, kind, `${name}.`);
    return isOfKind(found, kind) ? [] : [{ name, kind }];
  });

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

const isOfKind = (value: unknown, kind: Kind): boolean => {
  if (kind === "list") return Array.isArray(value);
  return typeof value === (kind === "text" ? "string" : kind);
};

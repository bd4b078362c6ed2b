/**
 * Reads qstat's XML: the list of jobs, and their details.
 *
 *     <job_list state="running">
 *       <JB_job_number>12</JB_job_number>
 *       <JB_name>tst-0</JB_name>
 *       <state>r</state>
 *     </job_list>
 */
import type { QueueRow } from "../../scheduler/answers.js";
import { meaningOfLetters, obstacleOfLetters } from "./states.js";

/** One entry of the list: a job, or those tasks of an array that have one state. */
interface ListedJob {
  readonly id: string;
  readonly name: string;
  readonly letters: string;
  readonly isTask: boolean;
}

/** What only `qstat -j` tells of a job. */
interface Details {
  /** In seconds since 1970. */
  readonly submitted: string;
  readonly mark?: string;
  readonly errors: readonly string[];
  readonly depends: boolean;
}

/** The rows of one poll. Undefined if any answer is not whole: a job that the list does not show counts as ended. */
export const rowsOfQstat = ([list = "", ...details]: readonly string[]): readonly QueueRow[] | undefined => {
  const jobs = readList(list);
  const found = details.map(readDetails);
  if (jobs === undefined || found.some((some) => some === undefined)) return undefined;
  const known = new Map(found.flatMap((some) => [...(some ?? [])]));
  return jobs.map((job) => rowOf(job, known.get(job.id)));
};

/** A job without details came or went between the two answers. */
const rowOf = ({ id, name, letters, isTask }: ListedJob, details: Details | undefined): QueueRow => {
  const { submitted = "", mark, errors = [], depends = false } = details ?? {};
  const obstacle = obstacleOfLetters({ letters, errors, depends });
  return {
    ...{ base: id, part: isTask, state: letters, meaning: meaningOfLetters(letters), reason: errors[0] ?? "" },
    ...{ submitted, name },
    ...(obstacle !== undefined && { obstacle }),
    // The details of a job of ours show its mark from the start.
    ...(details !== undefined && { mark: mark ?? UNMARKED }),
  };
};

/** No submission of this program has this mark. */
const UNMARKED = "-";

/** The ids of a list, each once; none where the list is not whole. */
export const listedIds = (list: string): readonly string[] => [...new Set((readList(list) ?? []).map(({ id }) => id))];

const WHOLE_LIST = /<job_info\b[^>]*>\n([\s\S]*<\/queue_info>[\s\S]*)<\/job_info>\n$/;
/** Queues may stand around the jobs (`-f` in `.sge_qstat`), and more lines in a job (`-ext`). */
const LISTED = /^\s*<job_list state="(running|pending)">\n((?:\s*<\w+[^<>]*>[^<>]*<\/\w+>\n)*)\s*<\/job_list>\n/gm;

const readList = (list: string): readonly ListedJob[] | undefined => {
  const body = WHOLE_LIST.exec(list)?.[1];
  if (body === undefined || /job_list|<JB_/.test(body.replace(LISTED, ""))) return undefined;
  const jobs = [...body.matchAll(LISTED)].map(([, where = "", lines = ""]) => jobOfEntry(where, lines));
  return jobs.every((job) => job !== undefined) ? jobs : undefined;
};

const jobOfEntry = (where: string, lines: string): ListedJob | undefined => {
  const values = new Map<string, string>();
  for (const line of lines.split("\n").slice(0, -1)) {
    const [, tag = "", value = "", end] = /^\s*<(\w+)[^<>]*>([^<>]*)<\/(\w+)>$/.exec(line) ?? [];
    if (tag !== end || (ONCE.has(tag) && values.has(tag))) return undefined;
    values.set(tag, value);
  }
  const [id = "", name, letters = ""] = ["JB_job_number", "JB_name", "state"].map((tag) => values.get(tag));
  const isPending = /[qw]/.test(letters);
  if (!ID.test(id) || name === undefined || letters === "" || isPending !== (where === "pending")) return undefined;
  return { id, name: plainText(name), letters, isTask: values.has("tasks") };
};

const ONCE = new Set(["JB_job_number", "JB_name", "state", "tasks"]);
const ID = /^[1-9]\d{0,9}$/;

const readDetails = (text: string): ReadonlyMap<string, Details> | undefined => {
  if (/<unknown_jobs\b[\s\S]*<\/unknown_jobs>\n$/.test(text)) return new Map();
  const body = /<detailed_job_info\b[\s\S]*?<djob_info>([\s\S]*?)<\/djob_info>[\s\S]*<\/detailed_job_info>\n$/.exec(
    text,
  )?.[1];
  const jobs = body
    ?.split(/(?=<JB_job_number>)/)
    .slice(1)
    .map(detailsOfJob);
  return jobs?.every((job) => job !== undefined) ? new Map(jobs) : undefined;
};

const detailsOfJob = (text: string): readonly [id: string, details: Details] | undefined => {
  const [, id] = /^<JB_job_number>([1-9]\d{0,9})<\/JB_job_number>\n/.exec(text) ?? [];
  const submitted = [...text.matchAll(/<JB_submission_time>(\d{9,11})<\/JB_submission_time>\n/g)];
  const [time, ...more] = submitted.map(([, seconds = ""]) => seconds);
  if (id === undefined || time === undefined || more.length > 0) return undefined;
  const [, mark] = /<VA_variable>me<\/VA_variable>\n\s*<VA_value>([\w.-]+)<\/VA_value>\n/.exec(contextIn(text)) ?? [];
  const errors = [...text.matchAll(/<QIM_message>([^<]*)<\/QIM_message>/g)].map(([, message = ""]) =>
    reasonIn(message),
  );
  return [
    id,
    {
      ...{ submitted: time, errors: [...new Set(errors)], depends: text.includes("<JB_jid_predecessor_list>") },
      ...(mark !== undefined && { mark }),
    },
  ];
};

/** The environment is a list of variables too. */
const contextIn = (text: string): string => /<JB_context>[\s\S]*?<\/JB_context>/.exec(text)?.[0] ?? "";

/** Without the time and the process: `11/28/2026 21:31:33 [1001:27193]: error: can't chdir to /nosuch: No such file …`. */
const reasonIn = (message: string): string => plainText(message).replace(/^[\d/]+ [\d:]+ \[[\d:]+\]: (?:error: )?/, "");

/** qstat writes `<` as `%lt;`. */
const plainText = (text: string): string =>
  text.replace(/[&%](lt|gt|amp|quot|apos);/g, (_, name: string) => PLAIN[name] ?? "");

const PLAIN: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

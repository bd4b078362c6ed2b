/**
 * A dialect: everything that the program must know of one particular batch scheduler. How jobs are submitted at most
 * once, polled, watched, judged, guarded and cancelled is the same for all of them, and lies beside this file.
 */
import type { Ending, JobCause } from "../events/failure.js";
import type { Environment, ExecResult } from "../system/processes/exec.js";

export interface Dialect {
  /** The name in the journal, on the command line and in file names: one lower-case word. */
  readonly name: string;
  /** The name in sentences. */
  readonly title: string;
  /** The scheduler's programs. Without `accounting` or `site`, the scheduler has no such thing. */
  readonly programs: {
    readonly submit: string;
    readonly queue: string;
    readonly accounting?: string;
    readonly cancel: string;
    readonly site?: string;
  };
  /** The environments in which the programs run. */
  environment(own: Environment): Environments;
  /** What a job script tells the scheduler, in the lines that the scheduler reads. `script`: its text, in Latin-1. */
  directives(script: string): Directives;
  /** The variables by which a running job knows itself. */
  readonly jobVariables: JobVariables;
  /** Submits one script, marked, without any second start by the scheduler. The last argument is the script. */
  submitArguments(submission: Submission): readonly string[];
  /** What one run of the submit program says. Where that cannot be relied on, the answer is "unclear". */
  submitAnswer(output: SubmitOutput): SubmitAnswer;
  /** The file, or the files, to which the scheduler writes a job's output. */
  outputOf(job: OutputJob): OutputPattern;
  /** The queries that one poll takes, each the arguments of one run of the queue program; as few as can be. */
  queueQueries(query: QueueQuery): readonly (readonly string[])[];
  /** The rows of all answers of one poll, in the order of the queries. A row that is not whole is left out. */
  queueRows(answers: readonly string[]): readonly QueueRow[];
  accountingArguments(query: AccountingQuery): readonly string[];
  /**
   * `disabled`: the site keeps no accounts. `older`: the program does not understand the query; ask again with `older`.
   * `silent`: no answer, and nothing follows from that.
   */
  accountingRows(answer: ExecResult): readonly AccountRow[] | "disabled" | "older" | "silent";
  /** Whether accounts show a job's mark from its submission on. Otherwise they cannot prove that there is no job. */
  readonly accountsShowMarks: boolean;
  /** Cancels by id alone: by name or by user, other jobs would be meant as well. */
  cancelArguments(ids: readonly string[], cluster: string | undefined): readonly string[];
  /** What the cancel program says against one job. */
  cancelObjection(id: string, answer: ExecResult): CancelObjection | undefined;
  /** How many ids one cancel command may name. */
  readonly cancelAtOnce: number;
  readonly siteArguments: readonly string[];
  /** Reads the answer of the site program; what it does not tell is as in `siteDefaults`. */
  site(text: string): Site;
  readonly siteDefaults: Site;
  /** A job script that writes `here` into `job.out` beside itself; the check of a backend submits it. */
  readonly trialScript: string;
  /** A command that tells a person more about a job. */
  detailsCommand(id: string): string;
}

export interface Environments {
  /** For the submit program, whose jobs inherit it. */
  readonly environment: Environment;
  /** For programs whose output the program reads: in English. */
  readonly readable: Environment;
  /** The variables that were left out because they would steer the scheduler's programs, in order. */
  readonly removed: readonly string[];
}

export interface Directives {
  /** Where the first command begins: how many characters the lines have that the scheduler reads. */
  readonly end: number;
  /** A comment that the user gave the job; it must survive beside the mark. */
  readonly comment?: string;
  /** The clusters of which the scheduler is to choose one. */
  readonly clusters: readonly string[];
  /** The signals that the guard passes on: those that reach the batch shell alone and not its children. */
  readonly signals: readonly string[];
  /** Whether the script must be able to trap SIGINT and SIGQUIT, which a shell has its background ignore. */
  readonly keyboard: boolean;
}

/** Words of a shell, each of which expands to a value inside a job. */
export interface JobVariables {
  /** The job's id; of an array, that of the whole. */
  readonly id: string;
  readonly cluster: string;
  /** How often the scheduler has restarted the job. */
  readonly restarts: string;
  readonly node: string;
  /** The name of the variable with the number of an array's task; anything but a number stands for none. */
  readonly arrayTask: string;
}

export interface Submission {
  readonly script: string;
  readonly directory: string;
  /** Tells this submission from every other one of every ensemble. Characters: letters, digits, `.`, `_`, `-`. */
  readonly mark: string;
  readonly directives: Directives;
}

export interface SubmitOutput extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

export type SubmitAnswer =
  /** `12`, or `12;cluster`. */
  | { readonly is: "accepted"; readonly job: string }
  /** The scheduler refuses for now. */
  | { readonly is: "busy"; readonly message: string }
  /** For certain, the request has not reached a server that would take it. */
  | { readonly is: "away"; readonly message: string }
  /** The scheduler refuses, and would refuse again. */
  | { readonly is: "refused"; readonly message: string }
  /**
   * The scheduler may or may not have the job. `ended`: the submit program ended by itself, and nothing tells that its
   * request was under way. `hanging`: the submit program does not end.
   */
  | { readonly is: "unclear"; readonly message: string; readonly ended: boolean; readonly hanging?: true };

export interface OutputJob {
  /** The text of the job script, in Latin-1. */
  readonly script: string;
  /** The name of the script's file. */
  readonly file: string;
  readonly directory: string;
  /** The id, without a cluster. */
  readonly id: string;
  /** The job's name in the queue, where it was seen there. */
  readonly name?: string;
}

/** Where a job's output is: of several files that match, the newest counts. */
export interface OutputPattern {
  readonly directory: string;
  readonly file: RegExp;
}

export interface QueueUser {
  readonly uid: number;
  readonly user: string;
}

export interface QueueQuery extends QueueUser {
  readonly cluster: string | undefined;
}

export interface AccountingQuery extends QueueQuery {
  /** Absent for all jobs of the user. */
  readonly jobs?: readonly string[];
  /** In the words that older versions of the program understand. */
  readonly older: boolean;
}

/** What the scheduler's word for a state means. */
export type JobMeaning =
  | { readonly is: "live"; readonly state: "pending" | "running"; readonly completing?: true }
  | { readonly is: "ended"; readonly cause: "succeeded" | JobCause }
  | { readonly is: "unknown" };

/** What keeps a job from ever starting by itself, and what a person can do about it. */
export interface Obstacle {
  readonly is: "held" | "blocked";
  readonly advice: string;
}

/** One row of the queue. */
export interface QueueRow {
  /** The job's id, without the task of an array or another part. */
  readonly base: string;
  /** Whether the row is about a part of a job and not about the whole. */
  readonly part: boolean;
  /** The scheduler's own word. */
  readonly state: string;
  readonly meaning: JobMeaning;
  /** The scheduler's own word for why the job waits or has ended; empty where there is none. */
  readonly reason: string;
  readonly obstacle?: Obstacle;
  /** The reason says that the scheduler could not start the job. */
  readonly launchFailed?: true;
  /** When the job was submitted, as the scheduler writes it: a job keeps it, and a reused id has another one. */
  readonly submitted: string;
  readonly name: string;
  /** The mark of a submission, of this ensemble or of another one. */
  readonly mark?: string;
}

/** One record of accounting. */
export interface AccountRow {
  readonly base: string;
  /** Absent for the cluster of this site. */
  readonly cluster?: string;
  readonly state: string;
  readonly meaning: JobMeaning;
  readonly submitted: string;
  /** All marks that the record shows; absent where the record cannot show any. */
  readonly marks?: readonly string[];
  /** Who cancelled the job: a user's number or name. */
  readonly by?: number | string;
  /** How a job ended that failed. */
  readonly ending?: Ending | "not_started";
  /** The record in accounting's own words, as evidence. */
  readonly words: string;
}

export interface CancelObjection {
  readonly message: string;
  /** `passing`: the next poll tells what became of the job. `again`: another try may succeed. `final`: none will. */
  readonly is: "passing" | "again" | "final";
}

/** What a site is asked once. */
export interface Site {
  /** How long the scheduler's programs wait for its server, in seconds. */
  readonly message_timeout_s: number;
  /** How long the queue shows a job that has ended, in seconds. */
  readonly min_job_age_s: number;
  readonly accounting: boolean;
  /** The name of the cluster. */
  readonly cluster?: string;
}

/**
 * A dialect: everything that the program must know of one particular batch scheduler. How jobs are submitted at most
 * once, polled, watched, judged, guarded and cancelled is the same for all of them, and lies beside this file.
 */
import type { Environment, ExecResult } from "../system/processes/exec.js";
import type { AccountRow, CancelObjection, QueueRow, Site, SubmitAnswer, SubmitOutput } from "./answers.js";

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
  /**
   * The arguments of the poll's next run of the queue program, given the answers so far; undefined where these are all.
   * One run where one can tell everything, never one a job.
   */
  queueArguments(query: QueueQuery, answers: readonly string[]): readonly string[] | undefined;
  /** The rows of all answers of one poll. A row that is not whole is left out; undefined where an answer is not whole. */
  queueRows(answers: readonly string[]): readonly QueueRow[] | undefined;
  accountingArguments(query: AccountingQuery): readonly string[];
  /**
   * `disabled`: the site keeps no accounts. `older`: the program does not understand the query; ask again with `older`.
   * `silent`: no answer, and nothing follows from that.
   */
  accountingRows(answer: ExecResult): readonly AccountRow[] | "disabled" | "older" | "silent";
  /** How many ids one accounting query names. */
  readonly accountingAtOnce: number;
  /**
   * Whether accounts show a job's mark from its submission on. Otherwise they cannot prove that there is no job, no query
   * asks for all jobs, and the guard's marker is believed before them.
   */
  readonly accountsShowMarks: boolean;
  /** Whether accounts tell a job that was cancelled from one that was killed. Otherwise what the guard noted has to do. */
  readonly accountsShowCancel: boolean;
  /**
   * Whether the scheduler may lose a job that it has accepted and not started. Otherwise a pending job that is gone, and
   * that accounting does not know, was deleted by a user.
   */
  readonly forgetsJobs: boolean;
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
  /** Whether a shell of the Bourne family will run the script: only such a script can have a guard. */
  readonly guardable: boolean;
  /** The shell that a directive names; absent where the script's first line decides. */
  readonly shell?: string;
  /** The signals that the guard handles. */
  readonly signals: readonly GuardedSignal[];
  /** Whether the script must be able to trap SIGINT and SIGQUIT, which a shell has its background ignore. */
  readonly trapsKeyboardSignals: boolean;
}

/** A signal that the guard survives. */
export interface GuardedSignal {
  /** Without `SIG`: `USR1`. */
  readonly name: string;
  /** Whether the signal reaches the batch shell alone, so that the guard has to pass it on to the work. */
  readonly forward: boolean;
  /** Whether the scheduler sends it to a job that it is about to end. */
  readonly ending: boolean;
}

/** What the guard must know of a running job, in words of a shell that expand to values inside it. */
export interface JobVariables {
  /** The job's id; of an array, that of the whole. */
  readonly id: string;
  readonly cluster: string;
  /** How often the scheduler has restarted the job. */
  readonly restarts: string;
  readonly node: string;
  /** The name of the variable with the number of an array's task; anything but a number stands for none. */
  readonly arrayTask: string;
  /** A command that makes `"$@"` the script and its arguments, for its second start. */
  readonly startAgain: string;
  /** Exit statuses that mean something else to the scheduler: the guard ends with 1 in their place, and notes the truth. */
  readonly reservedStatuses: readonly number[];
}

export interface Submission {
  readonly script: string;
  readonly directory: string;
  /** Tells this submission from every other one of every ensemble. Characters: letters, digits, `.`, `_`, `-`. */
  readonly mark: string;
  readonly directives: Directives;
}

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

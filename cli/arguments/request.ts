/** What the command line can ask for, once it has been read: plain data. */
import type { Settings, Variables } from "../../lib/index.js";

export type Request =
  | RunRequest
  | ValidateRequest
  | PlanRequest
  | CheckRequest
  | StatusRequest
  | ReplayRequest
  | JournalRequest
  | CancelJobsRequest
  | AnswerRequest;

export interface RunRequest extends Subject {
  readonly command: "run";
  readonly detach: boolean;
  readonly verbose: boolean;
  /** Where the journal is, if not where it always is. */
  readonly stateDir?: string;
  readonly retry: boolean | readonly string[];
  readonly acceptChanges: boolean;
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly takeOver: boolean;
}

export interface ValidateRequest extends Subject {
  readonly command: "validate";
}

export interface PlanRequest extends Subject {
  readonly command: "plan";
  /** The id of the one run to show. */
  readonly show?: string;
  /** Whether every run is listed, however many there are. */
  readonly all: boolean;
}

export interface CheckRequest {
  readonly command: "check";
  readonly backend: BackendName;
}

export interface StatusRequest {
  readonly command: "status";
  /** Absent for all ensembles that were started here. */
  readonly configuration?: string;
  readonly stateDir?: string;
  readonly json: boolean;
  readonly watch: boolean;
}

export interface ReplayRequest {
  readonly command: "replay";
  /** A state directory, or one file of a journal. */
  readonly journal: string;
  /** How many times as fast as it was; 0 for without a pause. */
  readonly speed: number;
}

export interface JournalRequest {
  readonly command: "journal";
  readonly verb: "verify" | "salvage" | "export";
  readonly path: string;
}

export interface CancelJobsRequest {
  readonly command: "cancel";
  /** By id. */
  readonly runs: readonly string[];
  readonly all: boolean;
  readonly stateDir?: string;
}

/** Nothing is to be done: help was asked for, or the words make no sense. */
export interface AnswerRequest {
  readonly command: "answer";
  readonly text: string;
  readonly status: number;
}

/** A configuration, and how it is to be taken. */
export interface Subject {
  readonly configuration: string;
  readonly backend: BackendName;
  /** A module that is the backend, in place of one of ours. */
  readonly backendFile?: string;
  readonly settings: Partial<Settings>;
  /** Variables that win over all others. */
  readonly extra: Variables;
  readonly simulate?: string;
  /** Whether machines read standard output. */
  readonly json: boolean;
}

export type BackendName = "slurm" | "dummy";
export type CommandName = Exclude<Request["command"], "answer" | JournalCommand["command"]>;

/** What goes by what was done before. */
export type JournalCommand = StatusRequest | ReplayRequest | JournalRequest | CancelJobsRequest;

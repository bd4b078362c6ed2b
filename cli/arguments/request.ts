/** A parsed command line, as plain data. */
import type { BackendName, Settings, Variables } from "../../lib/index.js";

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

export interface RunRequest extends ConfigurationRequest {
  readonly command: "run";
  readonly detach: boolean;
  readonly verbose: boolean;
  /** The file of the log, if not the default one. */
  readonly log?: string;
  /** The state directory, if not the default one. */
  readonly stateDir?: string;
  readonly retry: boolean | readonly string[];
  readonly acceptChanges: boolean;
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly takeOver: boolean;
}

export interface ValidateRequest extends ConfigurationRequest {
  readonly command: "validate";
  /** How many times `-x` is given, if more than once. */
  readonly variableOptions?: number;
}

export interface PlanRequest extends ConfigurationRequest {
  readonly command: "plan";
  /** The id of the one run to show. */
  readonly show?: string;
  /** Whether to list every run, however many there are. */
  readonly all: boolean;
}

export interface CheckRequest {
  readonly command: "check";
  readonly backend: BackendName;
  /** The module of a backend of the user's own. */
  readonly backendFile?: string;
}

export interface StatusRequest {
  readonly command: "status";
  /** Absent for all ensembles started here. */
  readonly configuration?: string;
  readonly stateDir?: string;
  readonly json: boolean;
  readonly watch: boolean;
}

export interface ReplayRequest {
  readonly command: "replay";
  /** A state directory, or one file of a journal. */
  readonly journal: string;
  /** The speed-up factor; 0 for no pauses. */
  readonly speed: number;
}

export interface JournalRequest {
  readonly command: "journal";
  readonly verb: "verify" | "salvage" | "export";
  readonly path: string;
}

export interface CancelJobsRequest {
  readonly command: "cancel";
  /** The ids of runs. */
  readonly runs: readonly string[];
  readonly all: boolean;
  readonly stateDir?: string;
  /** The module that submitted the jobs, if one did. */
  readonly backendFile?: string;
}

/** A text to print, and nothing else to do: the help, or an error in the command line. */
export interface AnswerRequest {
  readonly command: "answer";
  readonly text: string;
  readonly status: number;
}

/** A configuration, and the settings for it. */
export interface ConfigurationRequest {
  readonly configuration: string;
  readonly backend: BackendName;
  /** A module to use as the backend, in place of `backend`. */
  readonly backendFile?: string;
  readonly settings: Partial<Settings>;
  /** Variables that override all others. */
  readonly extra: Variables;
  readonly simulate?: string;
  /** Whether to write JSON to standard output. */
  readonly json: boolean;
}

export type CommandName = Exclude<Request["command"], "answer" | JournalReadingRequest["command"]>;

/** The requests that read a journal. */
export type JournalReadingRequest = StatusRequest | ReplayRequest | JournalRequest | CancelJobsRequest;

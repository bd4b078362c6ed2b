/** The contract of starting a process. */
import type { Observable } from "rxjs";
import type { Ending } from "../events/failure.js";

/** Starts a process. Unsubscribing ends its whole process group. */
export type Spawn = (command: Command) => Observable<ProcessEvent>;

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** The file to which its standard output is appended, and its standard error too if `errors` is absent. */
  readonly output: string;
  readonly errors?: string;
  /** By default this program's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether an unsubscription leaves the process running, because ending it half-way would be worse. */
  readonly stays?: boolean;
  /** Whether what is left of its process group is ended after it, as a scheduler does with a job. */
  readonly sweep?: boolean;
  /** A file from which a later start learns that the command was started, and how it ended. */
  readonly claim?: string;
}

export type ProcessEvent = { readonly type: "started"; readonly pid: number } | ({ readonly type: "ended" } & Ending);

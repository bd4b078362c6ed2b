/** The contract of starting a process. */
import type { Observable } from "rxjs";
import type { Ending } from "../events/failure.js";

/** How the rooms at the edge start a process. Unsubscribing ends its whole process group. */
export type Spawn = (command: Command) => Observable<ProcessEvent>;

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** Its working directory. */
  readonly directory: string;
  /** Where its output goes, and its errors if there is no other place for them: appended to this file. */
  readonly output: string;
  readonly errors?: string;
  /** By default this program's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Leave it to itself when it is unsubscribed from: it would be worse to end it half-way. */
  readonly stays?: boolean;
  /** End what is left of its process group when it has ended, as a scheduler does with a job. */
  readonly sweep?: boolean;
  /** A file by which whoever comes after this program finds out that the command was started, and how it ended. */
  readonly claim?: string;
}

export type ProcessEvent = { readonly type: "started"; readonly pid: number } | ({ readonly type: "ended" } & Ending);

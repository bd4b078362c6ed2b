/** The conflict that keeps an ensemble from being resumed, as a message that says what the user can do. */
import type { Changes } from "./resume.js";

export interface ResumeAttempt {
  /** The state directory. */
  readonly directory: string;
  /** The backend on which the ensemble was started; undefined if it never was. */
  readonly startedOn: string | undefined;
  readonly backend: string;
  readonly changes: Changes;
  readonly acceptChanges: boolean;
}

/** The message. Undefined if the ensemble can be resumed. */
export const conflictIn = ({
  directory,
  startedOn,
  backend,
  changes,
  acceptChanges,
}: ResumeAttempt): string | undefined => {
  if (startedOn !== undefined && startedOn !== backend) {
    return `this ensemble was started on ${startedOn} and cannot be resumed on ${backend}; --fresh moves its state in ${directory} aside and starts over`;
  }
  if (changes.unfinished.length === 0 || acceptChanges) return undefined;
  return [
    "the configuration has changed since this ensemble was started:",
    ...tableOf(changes),
    ...jobWarning(changes),
    "--accept-changes resumes all the same: it leaves finished runs as they are, and does the others as they are written now",
  ].join("\n");
};

const tableOf = (changes: Changes): readonly string[] =>
  (["unchanged", "moved", "added", "changed", "gone"] as const)
    .filter((kind) => changes[kind].length > 0)
    .map((kind) => `  ${kind.padEnd(10)} ${changes[kind].length}  ${shortened(changes[kind])}`);

const jobWarning = ({ jobs: ids }: Changes): readonly string[] =>
  ids.length === 0
    ? []
    : [
        `jobs of ${shortened(ids)} may not have ended: the program ignores those of runs that are gone, and waits for those of changed runs, unless \`model_ensemble cancel\` cancels them first`,
      ];

/** The first ids of a list, for a message. */
export const shortened = (ids: readonly string[]): string =>
  ids.length <= 5 ? ids.join(", ") : `${ids.slice(0, 4).join(", ")}, …`;

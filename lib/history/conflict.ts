/** Why an ensemble cannot be gone on with in this way, in words that tell what to do. */
import type { Changes } from "./resume.js";

export interface ResumeAttempt {
  /** The state directory. */
  readonly directory: string;
  /** The backend on which it was started, if it was. */
  readonly startedOn: string | undefined;
  readonly backend: string;
  readonly changes: Changes;
  readonly acceptChanges: boolean;
}

/** Nothing where it can be gone on with. */
export const conflictIn = ({
  directory,
  startedOn,
  backend,
  changes,
  acceptChanges,
}: ResumeAttempt): string | undefined => {
  if (startedOn !== undefined && startedOn !== backend) {
    return `this ensemble was begun on ${startedOn}, and cannot be gone on with on ${backend}; --fresh puts what ${directory} tells of it aside, and begins anew`;
  }
  if (changes.open.length === 0 || acceptChanges) return undefined;
  return [
    "the configuration is not what it was when this ensemble was begun:",
    ...table(changes),
    ...jobs(changes),
    "--accept-changes goes on all the same: with runs that have ended as they are, with the others as they are written now",
  ].join("\n");
};

const table = (changes: Changes): readonly string[] =>
  (["unchanged", "moved", "fresh", "changed", "gone"] as const)
    .filter((kind) => changes[kind].length > 0)
    .map((kind) => `  ${WORDS[kind].padEnd(10)} ${changes[kind].length}  ${shortened(changes[kind])}`);

const jobs = ({ jobs: ids }: Changes): readonly string[] =>
  ids.length === 0
    ? []
    : [
        `jobs of ${shortened(ids)} may not have ended: those of runs that are gone go on unheeded, those of changed ones are waited for as they are, unless \`model_ensemble cancel\` ends them first`,
      ];

const WORDS = { unchanged: "unchanged", moved: "moved", fresh: "new", changed: "changed", gone: "gone" } as const;

const shortened = (ids: readonly string[]): string =>
  ids.length <= 5 ? ids.join(", ") : `${ids.slice(0, 4).join(", ")}, …`;

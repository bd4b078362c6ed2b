/** The kinds of differences from the Python tool. */
import type { Spot } from "../source.js";

/** The code of each kind's note, and the section of docs/from-the-python-tool.md that explains the kind. */
export const DIFFERENCES = {
  "python-failed-task": "failures",
  "python-failed-move": "failures",
  "python-failed-job": "failures",
  "python-move-include": "tasks",
  "python-move-exclude": "tasks",
  "python-move-parent": "tasks",
  "python-remove": "tasks",
  "python-remove-relative": "tasks",
  "python-cwd": "tasks",
  "python-leak": "variables",
  "python-batch-order": "batches",
  "python-repeat": "batches",
  "python-maxjobs": "batches",
  "python-no-checks": "command-line",
  "python-indexes": "command-line",
} as const;

export type Difference = keyof typeof DIFFERENCES;
/** Adds the note of one difference. */
export type NoteDifference = (code: Difference, spot: Spot, message: string) => void;

/** Marks in the comments of Slurm's jobs: by them the program knows its own. */

const MARK = "me:";

/** A comment with a mark, and the user's own comment behind it. */
export const commentWith = (mark: string, own: string | undefined): string =>
  `${MARK}${mark}${own === undefined ? "" : ` ${own}`}`;

/** The mark in a comment, if it is one of this program's. */
export const markIn = (comment: string): string | undefined => /^me:(\S+)(?: |$)/.exec(comment)?.[1];

/** All marks in a comment or a command line. */
export const marksIn = (text: string): readonly string[] =>
  text.split(/[\s=]+/).flatMap((word) => (word.startsWith(MARK) ? [word.slice(MARK.length)] : []));

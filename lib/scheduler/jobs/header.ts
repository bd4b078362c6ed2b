/** The lines of a job script before its first command: comments, directives among them, and empty lines. */

export const headerOf = (script: string): string =>
  /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:[ \t]*#[^\n]*$)?/.exec(script)?.[0] ?? "";

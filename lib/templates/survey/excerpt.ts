/** The place of a mistake in a template, with the text of its line. */
import { readFile } from "node:fs/promises";
import type { TemplateError } from "../engine.js";
import type { SurveyFinding } from "./finding.js";

/** Where something is in a text, as a `TemplateError` or a `Use` says it. */
interface ExcerptSpot {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export const placeIn = (
  file: string,
  text: string,
  { line, column }: ExcerptSpot,
): NonNullable<SurveyFinding["at"]> => {
  const excerpt = line === undefined ? undefined : text.split(/\r?\n/)[line - 1];
  return {
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    ...(excerpt !== undefined && { excerpt }),
  };
};

/** The same where the text is not at hand: of a template that could not be compiled, or of a partial one. */
export const placeOf = async (template: string, error: TemplateError): Promise<NonNullable<SurveyFinding["at"]>> => {
  const file = error.more.file ?? template;
  return placeIn(file, error.line === undefined ? "" : await readFile(file, "utf8").catch(() => ""), error);
};

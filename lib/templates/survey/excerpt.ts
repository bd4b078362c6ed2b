/** The place of a mistake in a template, with the line as an excerpt. */
import { readFile } from "node:fs/promises";
import type { TemplateError } from "../engine.js";
import type { SurveyFinding } from "./finding.js";

/** A position in a text, as in a `TemplateError` or a `Use`. */
interface TextPosition {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export const placeIn = (
  file: string,
  text: string,
  { line, column }: TextPosition,
): NonNullable<SurveyFinding["at"]> => {
  const excerpt = line === undefined ? undefined : text.split(/\r?\n/)[line - 1];
  return {
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    ...(excerpt !== undefined && { excerpt }),
  };
};

/** `placeIn` for a partial template, or a template that did not compile: reads the text from the file. */
export const nodePlace = async (template: string, error: TemplateError): Promise<NonNullable<SurveyFinding["at"]>> => {
  const file = error.more.file ?? template;
  return placeIn(file, error.line === undefined ? "" : await readFile(file, "utf8").catch(() => ""), error);
};

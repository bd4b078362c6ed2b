/** Keeps the output of an earlier try where a script names one file for all of its jobs, which the scheduler may empty. */
import { join } from "node:path";
import { keepEarlier } from "../../system/files/keep-earlier.js";
import type { OutputPattern } from "../dialect.js";
import { literally } from "../watch/output.js";

/** `outputOf`: where the job of an id writes. A name with the id in it is new by itself. */
export const keepEarlierOutput = (outputOf: (id: string) => OutputPattern | undefined): void => {
  const [one, other] = [outputOf("1"), outputOf("2")];
  if (one === undefined || one.file.source !== other?.file.source) return;
  const name = onlyMatch(one.file);
  if (name !== undefined) keepEarlier(join(one.directory, name));
};

/** The only name that matches; undefined where others may match too. */
const onlyMatch = (file: RegExp): string | undefined => {
  const source = file.source.replace(/^\^|\$$/g, "");
  const name = source.replace(/\\(.)/g, "$1");
  return literally(name) === source ? name : undefined;
};

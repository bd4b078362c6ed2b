/** The files to which Grid Engine writes a job's output (qsub(1), `-o`, `-e`, `-j`). */
import { basename, dirname, resolve } from "node:path";
import type { OutputJob, OutputPattern } from "../../scheduler/dialect.js";
import { literally } from "../../scheduler/watch/output.js";
import { lastOption } from "./directives.js";

/** Where `-o` or the default puts it; without `-j y`, errors have a file beside it, with `e` in place of `o`. */
export const outputFileOf = ({ script, file, directory, id, name }: OutputJob): OutputPattern => {
  const called = name ?? lastOption(script, "-N") ?? file;
  const merged = /^y/.test(lastOption(script, "-j") ?? "");
  const own = new RegExp(`^${literally(called)}\\.${merged ? "o" : "[eo]"}${literally(id)}(\\.\\d+)?$`);
  // `host:path,host:path`: the last is as good as any.
  const given = lastOption(script, "-o")
    ?.split(",")
    .at(-1)
    ?.replace(/^[^/]*:/, "");
  if (given === undefined) return { directory, file: own };
  if (given.endsWith("/")) return { directory: resolve(directory, placed(given)), file: own };
  const values: Readonly<Record<string, string>> = {
    JOB_ID: literally(id),
    JOB_NAME: literally(called),
    TASK_ID: "(\\d+|undefined)",
  };
  const pattern = basename(given)
    .split(/(\$\w+)/)
    .map((part) => (part.startsWith("$") ? (values[part.slice(1)] ?? ".*") : literally(part)))
    .join("");
  return { directory: resolve(directory, placed(dirname(given))), file: new RegExp(`^${pattern}$`) };
};

/** The user's own directory has two names there. */
const placed = (path: string): string => path.replace(/^(?:~|\$HOME)(?=\/|$)/, process.env["HOME"] ?? "~");

/** The file to which Slurm writes a job's output (sbatch(1), "FILENAME PATTERN"). */
import { basename, dirname, resolve } from "node:path";
import type { OutputJob, OutputPattern } from "../../scheduler/dialect.js";
import { headerOf } from "../../scheduler/jobs/header.js";
import { literally } from "../../scheduler/watch/output.js";
import { optionIn } from "./directives.js";

/**
 * Where `#SBATCH --output` or Slurm's default puts it. What only the job's node knows (`%N`, `%n`, `%s`, `%t`, and `%x`
 * where the queue has not shown the name) may be any text.
 */
export const outputPatternOf = ({ script, directory, id, name }: OutputJob): OutputPattern => {
  const header = headerOf(script);
  const isArray = optionIn(header, "--array(?:=|\\s+)|-a\\s*") !== undefined;
  const given = optionIn(header, "--output(?:=|\\s+)|-o\\s*");
  const path = given ?? (isArray ? "slurm-%A_%a.out" : "slurm-%j.out");
  const values: Readonly<Record<string, string>> = {
    ...{ A: literally(id), j: isArray ? "\\d+" : literally(id), J: isArray ? "\\d+" : literally(id), a: "\\d+" },
    ...(name !== undefined && { x: literally(name) }),
  };
  const file = basename(path)
    // A backslash anywhere keeps every `%` as it is.
    .split(path.includes("\\") ? /(?!)/ : /(%%|%\d*[A-Za-z])/)
    .map((part) => {
      const [, width, letter] = /^%(\d*)([A-Za-z])$/.exec(part) ?? [];
      if (letter === undefined) return literally(part === "%%" ? "%" : part.replaceAll("\\", ""));
      const value = values[letter] ?? ".*";
      return width === "" || value.includes("\\") || value.includes(".") ? value : value.padStart(Number(width), "0");
    })
    .join("");
  return { directory: resolve(directory, dirname(path)), file: new RegExp(`^${file}$`) };
};

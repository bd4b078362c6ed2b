/** The search for a mount with the option `noexec`, on which no file can be executed. */
import { readFileSync, realpathSync } from "node:fs";

/** The mount point that holds an existing path, if it is mounted `noexec`. Undefined too where there is no `/proc`. */
export const noexecMount = (path: string): string | undefined => {
  let mounts: readonly (readonly string[])[];
  let real: string;
  try {
    real = realpathSync(path);
    mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "));
  } catch {
    return undefined;
  }
  let nearest = { point: "", options: "" };
  for (const [, escaped = "", , options = ""] of mounts) {
    const point = unescaped(escaped);
    // A later mount at the same place hides an earlier one.
    if (point.length >= nearest.point.length && `${real}/`.startsWith(point.endsWith("/") ? point : `${point}/`))
      nearest = { point, options };
  }
  return nearest.options.split(",").includes("noexec") ? nearest.point : undefined;
};

/** `/proc/self/mounts` writes spaces and other separators in octal: `\040`. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

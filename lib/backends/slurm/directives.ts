/** What the lines of a job script say that sbatch reads: those before its first command. */
import type { Directives } from "../../scheduler/dialect.js";
import { isBourneScript } from "../../scheduler/guard/guard.js";
import { headerOf } from "../../scheduler/jobs/header.js";

export const directivesIn = (script: string): Directives => {
  const header = headerOf(script);
  const comment = commentOf(header);
  return {
    end: header.length,
    clusters: clustersOf(header),
    guardable: isBourneScript(script),
    ...signalsOf(header),
    ...(comment !== undefined && { comment }),
  };
};

/** The last value of an option, with or without quotes. */
export const optionIn = (header: string, option: string): string | undefined => {
  const pattern = new RegExp(`^#SBATCH\\s(?:.*\\s)?(?:${option})(?:"([^"\\n]*)"|'([^'\\n]*)'|(\\S+))`, "gm");
  const [, quoted, single, plain] = [...header.matchAll(pattern)].at(-1) ?? [];
  return quoted ?? single ?? plain;
};

/** `#SBATCH --comment`, which the mark must not replace. */
export const commentOf = (header: string): string | undefined => optionIn(header, "--comment(?:=|\\s+)");

/** The clusters of which Slurm is to choose one; `all` stands for each there is. */
export const clustersOf = (header: string): readonly string[] =>
  (optionIn(header, "--clusters?(?:=|\\s+)|-M\\s*") ?? "").split(",").filter((name) => name !== "");

/**
 * The signals that reach the batch shell alone, and not its children: those of `--signal=B:…` and `scancel --batch`.
 * Slurm sends SIGTERM to all processes of a job that is cancelled or out of time: the guard passes it on only where the
 * script asks for it by name, or a script that traps it would get it twice.
 */
const signalsOf = (header: string): Pick<Directives, "signals" | "keyboard"> => {
  const asked = [...header.matchAll(/^#SBATCH\s(?:.*\s)?--signal(?:=|\s+)["']?(?:R?B|BR)R?:(?:SIG)?(\w+)/gm)].map(
    ([, signal = ""]) => NUMBERED[signal] ?? signal.toUpperCase(),
  );
  const alone = ["USR1", "USR2", "HUP", "INT", "QUIT"].map((name) => ({ name, forward: true, ending: false }));
  return {
    signals: [...alone, { name: "TERM", forward: asked.includes("TERM"), ending: true }],
    keyboard: asked.includes("INT") || asked.includes("QUIT"),
  };
};

const NUMBERED: Readonly<Record<string, string>> = {
  "1": "HUP",
  "2": "INT",
  "3": "QUIT",
  "10": "USR1",
  "12": "USR2",
  "15": "TERM",
};

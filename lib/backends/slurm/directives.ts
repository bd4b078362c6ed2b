/** Reads the directives of a job script. sbatch reads only the lines before the first command. */
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

/** The user's own `--comment`: the program puts its mark in front of it and keeps it (`commentWith`). */
export const commentOf = (header: string): string | undefined => optionIn(header, "--comment(?:=|\\s+)");

/** The clusters of which Slurm is to choose one; `all` stands for each there is. */
export const clustersOf = (header: string): readonly string[] =>
  (optionIn(header, "--clusters?(?:=|\\s+)|-M\\s*") ?? "").split(",").filter((name) => name !== "");

/**
 * Signals of `--signal=B:…` and `scancel --batch` reach the batch shell alone, so the guard passes them on. It passes
 * SIGTERM on only if `--signal=B:TERM` asks for it. Otherwise a script that traps SIGTERM would get it twice, since Slurm
 * sends it to all processes of a job that is cancelled or out of time.
 */
const signalsOf = (header: string): Pick<Directives, "signals" | "trapsKeyboardSignals"> => {
  const asked = [...header.matchAll(/^#SBATCH\s(?:.*\s)?--signal(?:=|\s+)["']?(?:R?B|BR)R?:(?:SIG)?(\w+)/gm)].map(
    ([, signal = ""]) => NUMBERED[signal] ?? signal.toUpperCase(),
  );
  const alone = ["USR1", "USR2", "HUP", "INT", "QUIT"].map((name) => ({ name, forward: true, ending: false }));
  return {
    signals: [...alone, { name: "TERM", forward: asked.includes("TERM"), ending: true }],
    trapsKeyboardSignals: asked.includes("INT") || asked.includes("QUIT"),
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

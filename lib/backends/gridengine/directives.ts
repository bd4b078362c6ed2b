/** Reads the directives of a job script. qsub reads every line that begins with `#$`, not only those before the first command. */
import type { Directives, GuardedSignal } from "../../scheduler/dialect.js";
import { isBourneScript } from "../../scheduler/guard/guard.js";
import { headerOf } from "../../scheduler/jobs/header.js";

export const scriptDirectives = (script: string): Directives => {
  const named = lastOption(script, "-S");
  const shell = named ?? interpreterOf(script);
  // The site's `shell_start_mode` decides whether `-S` or the script's first line names the shell (queue_conf(5)), so both
  // must be Bourne shells.
  const shells = [...(named === undefined ? [] : [`#!${named}`]), ...(/^#!/.test(script) ? [script] : [])];
  return {
    end: headerOf(script).length,
    clusters: [],
    guardable: shells.length > 0 && shells.every(isBourneScript),
    signals: signalsOf(words(script).includes("-notify")),
    trapsKeyboardSignals: false,
    ...(shell !== undefined && { shell }),
  };
};

/** The words of all directives; quotes hold words together. */
const words = (script: string): readonly string[] =>
  [...script.matchAll(/^#\$(.*)/gm)].flatMap(([, line = ""]) =>
    [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, plain]) => double ?? single ?? plain ?? "",
    ),
  );

/** The value of an option: a later one wins over an earlier one (qsub(1)). */
export const lastOption = (script: string, option: string): string | undefined => {
  const all = words(script);
  const index = all.lastIndexOf(option);
  return index < 0 ? undefined : all[index + 1];
};

/**
 * The shell in the script's first line, for `-S`: by default Grid Engine ignores that line, and a queue's own shell may be
 * csh. Undefined for a shell that is not of the Bourne family: the site decides, as it would without this program.
 */
const interpreterOf = (script: string): string | undefined => {
  if (!isBourneScript(script)) return undefined;
  const [, path = ""] = /^#!\s*(\S+)/.exec(script) ?? [];
  const [, name] = /^#!\s*\S*\/env\s+(?:-\S+\s+)*(\S+)/.exec(script) ?? [];
  return name === undefined ? path : name.startsWith("/") ? name : `/bin/${name}`;
};

/**
 * Signals that reach every process of the job, the work too (queue_conf(5)): `-notify` sends USR1 before SIGSTOP and USR2
 * before SIGKILL, `s_rt` sends USR1, `s_cpu` sends XCPU, and a site's `terminate_method` may send TERM, as `kill 0` does.
 */
const signalsOf = (isNotified: boolean): readonly GuardedSignal[] =>
  ["USR1", "USR2", "XCPU", "HUP", "INT", "TERM"].map((name) => ({
    name,
    forward: false,
    ending: isNotified && name === "USR2",
  }));

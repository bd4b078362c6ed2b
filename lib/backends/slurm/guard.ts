/**
 * The guard: a few words before the first command of a job script. By them a job that is started twice does its work
 * once, and its true exit status is known without the scheduler.
 */

/** What is kept of a job, in a directory of its own. In an array, the last two are one for each task. */
export const CLAIM = "claim";
export const ENDED = "ended";
export const REFUSED = "refused";

/** The exit status of a job that was started again and has therefore done nothing: EX_TEMPFAIL of sysexits(3). */
export const STARTED_BEFORE = 75;

export interface Guarding {
  /** The job's own directory. */
  readonly directory: string;
  /** What that is in: where it cannot be seen from a node, nothing can be guarded there, and the job is simply done. */
  readonly root: string;
  /** Tells this job from every other. */
  readonly mark: string;
}

/** The script with the guard in it; undefined if it is for no shell of the Bourne family. Bytes are kept as they are. */
export const guarded = (script: Buffer, guarding: Guarding): Buffer | undefined => {
  const text = script.toString("latin1");
  if (!SHELL.test(text)) return undefined;
  const header = headerOf(text);
  const rest = text.slice(header.length);
  // On the line of the first command, so that a shell's "line 12" is the user's line 12. After the header, for sbatch
  // reads its options from the lines before the first command only.
  const guard = guardOf(guarding, forwarded(header));
  return Buffer.from(`${header}${guard} ${rest === "" ? "\n" : rest}`, "latin1");
};

/** `#!/bin/bash -l`, `#!/usr/bin/env bash`, `#! /usr/local/bin/zsh`. */
const SHELL = /^#!\s*(?:\S*\/)?(?:env\s+(?:-\S+\s+)*(?:\S*\/)?)?(?:ba|da|k|mk|z)?sh(?:\s|$)/;

/** The lines before the first command: comments, `#SBATCH` among them, and empty ones. */
export const headerOf = (text: string): string =>
  /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:[ \t]*#[^\n]*$)?/.exec(text)?.[0] ?? "";

/** What `#SBATCH --comment` says, which another comment must not take away. */
export const commentOf = (header: string): string | undefined => {
  const [, quoted, single, plain] =
    [...header.matchAll(/^#SBATCH\s(?:.*\s)?--comment(?:=|\s+)(?:"([^"\n]*)"|'([^'\n]*)'|(\S+))/gm)].at(-1) ?? [];
  return quoted ?? single ?? plain;
};

interface Forwarded {
  readonly signals: readonly string[];
  /** Whether the script has to be able to trap SIGINT and SIGQUIT, which a shell has its background ignore. */
  readonly keyboard: boolean;
}

/**
 * The signals that reach the batch shell alone, and not its children: those of `--signal=B:…` and `scancel --batch`.
 * SIGTERM is sent to all processes of a job that is cancelled or out of time: it is handed on only where the script asks
 * for it by name, or a script that traps it would be told twice.
 */
const forwarded = (header: string): Forwarded => {
  const asked = [...header.matchAll(/^#SBATCH\s(?:.*\s)?--signal(?:=|\s+)["']?(?:R?B|BR)R?:(?:SIG)?(\w+)/gm)].map(
    ([, signal = ""]) => NUMBERED[signal] ?? signal.toUpperCase(),
  );
  const signals = ["USR1", "USR2", "HUP", "INT", "QUIT", ...(asked.includes("TERM") ? ["TERM"] : [])];
  return { signals, keyboard: asked.includes("INT") || asked.includes("QUIT") };
};

const NUMBERED: Readonly<Record<string, string>> = {
  "1": "HUP",
  "2": "INT",
  "3": "QUIT",
  "10": "USR1",
  "12": "USR2",
  "15": "TERM",
};

/**
 * One line for any shell of the family, with any of its options set. The script starts itself a second time, as its own
 * child, with a word in the environment by which it knows; that one goes on with the user's commands. Who made the link
 * is in the link, which is made in one go on every file system, NFS too.
 */
const guardOf = ({ directory, root, mark }: Guarding, { signals, keyboard }: Forwarded): string => {
  const known = `"${mark}.\${SLURM_JOB_ID-}"`;
  const steps = [
    `_me=${quoted(directory)}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    "_me_t=${SLURM_ARRAY_TASK_ID:+.$SLURM_ARRAY_TASK_ID}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    '_me_who="${SLURM_JOB_ID-}.${SLURM_RESTART_COUNT-0}.${SLURMD_NODENAME-}.$$"',
    "exec 8<&0 9>&2 2>/dev/null",
    // A retransmission of NFS may find the link that the first request has made.
    `if ln -s "$_me_who" "$_me/${CLAIM}$_me_t" || [ "$(readlink "$_me/${CLAIM}$_me_t")" = "$_me_who" ]; then :; else ${refusing}; fi`,
    "_me_c=",
    "_me_g=",
    ...signals.map((signal) => `trap '_me_g=1; [ -z "$_me_c" ] || kill -${signal} "$_me_c"' ${signal}`),
    ...(signals.includes("TERM") ? [] : ["trap '_me_g=1' TERM"]),
    ...(keyboard ? ["set -m"] : []),
    `MODEL_ENSEMBLE_GUARD=${known} "$0" "$@" <&8 2>&9 8<&- 9>&- & _me_c=$!`,
    'while _me_g=; do wait "$_me_c" && _me_s=0 || _me_s=$?; [ -n "$_me_g" ] && kill -0 "$_me_c" || break; done',
    `echo "ended $_me_s $_me_who" >"$_me/${ENDED}$_me_t.new" && mv -f "$_me/${ENDED}$_me_t.new" "$_me/${ENDED}$_me_t" || :`,
    'exit "$_me_s"',
  ].join("; ");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  const here = "${MODEL_ENSEMBLE_GUARD-}";
  return `if [ "${here}" = ${known} ] || [ ! -d ${quoted(root)} ]; then unset MODEL_ENSEMBLE_GUARD; else ${steps}; fi;`;
};

/** Somebody has the claim. What this same job had brought to its end before is still its end. */
const refusing = [
  `_me_old=$(readlink "$_me/${CLAIM}$_me_t") || _me_old=`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  `case "$_me_old" in "\${SLURM_JOB_ID-}".*) if read -r _me_x _me_s _me_y <"$_me/${ENDED}$_me_t"; then exit "$_me_s"; fi;; esac`,
  `echo "$_me_who" >"$_me/${REFUSED}$_me_t" || :`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  'echo "model_ensemble: this job has been started before (${_me_old:-and forgotten}) and does nothing a second time" >&9',
  `exit ${STARTED_BEFORE}`,
].join("; ");

/** As one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

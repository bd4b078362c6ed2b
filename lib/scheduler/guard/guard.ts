/**
 * The guard: a few words before the first command of a job script. By them a job that is started twice does its work
 * once, and its true exit status is known without the scheduler.
 */

import { type Forwarded, forwardedOf, headerOf } from "../../backends/slurm/directives.js";

/** What is kept of a job, in a directory of its own. In an array, the last two are one for each task. */
export const CLAIM = "claim";
export const ENDED = "ended";
export const REFUSED = "refused";
/** The last word about an end that came after SIGTERM. */
export const SIGNALLED = "signalled";

/**
 * What the work itself starts has this in its environment: a script that starts itself once more with srun, or hands
 * itself over again, is part of that work. Slurm, where it starts a job again, has the environment of the first sbatch.
 */
const HERE = "MODEL_ENSEMBLE_GUARD";

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
  const guard = guardOf(guarding, forwardedOf(header));
  return Buffer.from(`${header}${guard} ${rest === "" ? "\n" : rest}`, "latin1");
};

/** `#!/bin/bash -l`, `#!/usr/bin/env bash`, `#! /usr/local/bin/zsh`. */
const SHELL = /^#!\s*(?:\S*\/)?(?:env\s+(?:-\S+\s+)*(?:\S*\/)?)?(?:ba|da|k|mk|z)?sh(?:\s|$)/;

/**
 * One line for any shell of the family, with any of its options set. The script starts itself a second time, as its own
 * child, with a word in the environment by which it knows; that one goes on with the user's commands. Who made the link
 * is in the link, which is made in one go on every file system, NFS too.
 */
const guardOf = ({ directory, root, mark }: Guarding, { signals, keyboard }: Forwarded): string => {
  const claim = `"$_me/${CLAIM}$_me_t"`;
  const steps = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    '_me_j="${SLURM_ARRAY_JOB_ID:-${SLURM_JOB_ID-}} ${SLURM_CLUSTER_NAME-}"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    '_me_who="$_me_j ${SLURM_RESTART_COUNT-0} ${SLURMD_NODENAME-} $$"',
    "exec 8<&0 9>&2 2>/dev/null",
    // A retransmission of NFS may find the link that the first request has made.
    `if ln -s "$_me_who" ${claim} || [ "$(readlink ${claim})" = "$_me_who" ]; then :; else ${refusing}; fi`,
    // Of an array, each task has a claim of its own: whoever fences it off makes the one without a number, and looks for
    // those with one; who comes second sees the first.
    `if [ -n "$_me_t" ] && [ -L "$_me/${CLAIM}" ]; then ${refusing}; fi`,
    "_me_c=",
    "_me_g=",
    "_me_k=",
    ...signals.map((signal) => `trap '${noted(signal)}; [ -z "$_me_c" ] || kill -${signal} "$_me_c"' ${signal}`),
    ...(signals.includes("TERM") ? [] : [`trap '${noted("TERM")}' TERM`]),
    ...(keyboard ? ["set -m"] : []),
    `${HERE}="${mark}" "$0" "$@" <&8 2>&9 8<&- 9>&- & _me_c=$!`,
    'while _me_g=; do wait "$_me_c" && _me_s=0 || _me_s=$?; [ -n "$_me_g" ] && kill -0 "$_me_c" || break; done',
    `echo "ended $_me_s $_me_who$_me_k" >"$_me/${ENDED}$_me_t.new" && mv -f "$_me/${ENDED}$_me_t.new" "$_me/${ENDED}$_me_t" || :`,
    'exit "$_me_s"',
  ].join("; ");
  // A node may not see the place, or may see it and have no leave to write there: then nothing can be guarded on it.
  const unguarded = `[ ! -d ${quoted(root)} ] || { [ -d "$_me" ] && [ ! -w "$_me" ] && [ ! -L ${claim} ] && [ ! -L "$_me/${CLAIM}" ]; }`;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  const place = `_me=${quoted(directory)}; _me_t=\${SLURM_ARRAY_TASK_ID:+.$SLURM_ARRAY_TASK_ID};`;
  return `${place} if [ "\${${HERE}-}" = "${mark}" ] || ${unguarded}; then unset _me _me_t; else ${steps}; fi;`;
};

/** That Slurm was about to end it is written down: a script may trap that, and end as if all were well. */
const noted = (signal: string): string => (signal === "TERM" ? `_me_g=1 _me_k=" ${SIGNALLED}"` : "_me_g=1");

/** Somebody has the claim, or it could not be made. What this same job had brought to its end before is still its end; a bad one may be Slurm's. */
const refusing = [
  `_me_said() { echo "$_me_who" >"$_me/${REFUSED}$_me_t" || :; }`,
  `_me_old=$(readlink "$_me/${CLAIM}$_me_t") || _me_old=`,
  `case "$_me_old" in "$_me_j "*) if read -r _me_x _me_s _me_y <"$_me/${ENDED}$_me_t"; then [ "$_me_s" = 0 ] || _me_said; exit "$_me_s"; fi;; esac`,
  "_me_said",
  // It is there, and nobody has the claim.
  `if [ -d "$_me" ] && [ -z "$_me_old" ] && [ ! -L "$_me/${CLAIM}" ]; then echo "model_ensemble: this job cannot write down that it begins (in $_me: a disk or a quota may be full), and does nothing" >&9; exit ${STARTED_BEFORE}; fi`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  'echo "model_ensemble: this job has been started before (${_me_old:-and forgotten}) and does nothing a second time" >&9',
  `exit ${STARTED_BEFORE}`,
].join("; ");

/** As one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

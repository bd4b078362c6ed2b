/**
 * The guard: one line of shell before a job script's first command. With it, a job that the scheduler starts twice does
 * its work once, and the program learns its true exit status without the scheduler.
 */
import type { Dialect, Directives, GuardedSignal, JobVariables } from "../dialect.js";

/** What the guard keeps in the job's directory. In an array, each task has its own. */
export const CLAIM = "claim";

export const ENDED = "ended";
export const REFUSED = "refused";

/** The last word of an end that came after SIGTERM. */
export const SIGNALLED = "signalled";

/**
 * Set in the environment of the work itself: a script that starts itself once more, as a step or as a job of its own, is
 * part of that work. A scheduler that restarts a job gives it the environment of the first submission.
 */
const HERE = "MODEL_ENSEMBLE_GUARD";

/** The exit status of a job that was started again and has therefore done nothing: EX_TEMPFAIL of sysexits(3). */
export const STARTED_BEFORE = 75;

export interface GuardPlace {
  /** The job's own directory. */
  readonly directory: string;
  /** Its parent: where a node does not see it, nothing can be guarded there, and the job simply works. */
  readonly root: string;
  /** Tells this job from every other. */
  readonly mark: string;
}

type GuardWords = Pick<Dialect, "directives" | "jobVariables">;

/** The script with the guard in it; undefined where no shell of the Bourne family will run it. Bytes stay as they are. */
export const guarded = (dialect: GuardWords, script: Buffer, place: GuardPlace): Buffer | undefined => {
  const text = script.toString("latin1");
  const directives = dialect.directives(text);
  if (!directives.guardable) return undefined;
  const [header, rest] = [text.slice(0, directives.end), text.slice(directives.end)];
  // On the line of the first command, so that a shell's "line 12" is the user's line 12. After the header, since
  // schedulers read directives before the first command only.
  const guard = guardOf(place, directives, dialect.jobVariables);
  return Buffer.from(`${header}${guard} ${rest === "" ? "\n" : rest}`, "latin1");
};

/** Whether a script's first line names a shell of the Bourne family. */
export const isBourneScript = (script: string): boolean => SHELL.test(script);

/** `#!/bin/bash -l`, `#!/usr/bin/env bash`, `#! /usr/local/bin/zsh`. */
const SHELL = /^#!\s*(?:\S*\/)?(?:env\s+(?:-\S+\s+)*(?:\S*\/)?)?(?:ba|da|k|mk|z)?sh(?:\s|$)/;

/**
 * One line for any shell of the family, with any of its options set. The script starts itself a second time, as its own
 * child, which knows that by a variable in its environment and continues with the user's commands. The claim is a
 * symbolic link whose target names the job: it is made in one step on every file system, NFS too.
 */
const guardOf = (
  { directory, root, mark }: GuardPlace,
  { signals, trapsKeyboardSignals: keyboard }: Directives,
  { id, cluster, restarts, node, arrayTask, startAgain, reservedStatuses }: JobVariables,
): string => {
  const end = exitWith(reservedStatuses);
  const refuse = refusing(end);
  const claim = `"$_me/${CLAIM}$_me_t"`;
  const work = `${HERE}="${mark}" "$@" <&8 2>&9 8<&- 9>&-`;
  const steps = [
    `_me_j="${id} ${cluster}"`,
    `_me_who="$_me_j ${restarts} ${node} $$"`,
    "exec 8<&0 9>&2 2>/dev/null",
    // A retransmission of NFS may find the link that the first request has made.
    `if ln -s "$_me_who" ${claim} || [ "$(readlink ${claim})" = "$_me_who" ]; then :; else ${refuse}; fi`,
    // Each task of an array has a claim of its own. A fence is the claim without a number, and its maker then looks for
    // claims with one; a task that comes second sees the fence.
    `if [ -n "$_me_t" ] && [ -L "$_me/${CLAIM}" ]; then ${refuse}; fi`,
    "_me_c=",
    "_me_g=",
    "_me_k=",
    ...signals.map(trapOf),
    ...(keyboard ? ["set -m"] : []),
    startAgain,
    ...(signals.some(({ forward }) => forward) ? [`${work} & _me_c=$!`, WAITING] : [`${work} && _me_s=0 || _me_s=$?`]),
    `echo "ended $_me_s $_me_who$_me_k" >"$_me/${ENDED}$_me_t.new" && mv -f "$_me/${ENDED}$_me_t.new" "$_me/${ENDED}$_me_t" || :`,
    end,
  ].join("; ");
  // A node may not see the directory, or may see it without permission to write there: then it cannot guard the job.
  const unguarded = `[ ! -d ${quoted(root)} ] || { [ -d "$_me" ] && [ ! -w "$_me" ] && [ ! -L ${claim} ] && [ ! -L "$_me/${CLAIM}" ]; }`;
  // Only a number names a task: outside of arrays some schedulers say `undefined`.
  const task = `_me_t=\${${arrayTask}:+.$${arrayTask}}; case "$_me_t" in .*[!0-9]*) _me_t=;; esac;`;
  return `_me=${quoted(directory)}; ${task} if [ "\${${HERE}-}" = "${mark}" ] || ${unguarded}; then unset _me _me_t; else ${steps}; fi;`;
};

/**
 * Only a shell that waits runs its traps at once. One that does not have to pass signals on has its work in the
 * foreground: a signal that ends both `wait` and the work makes bash lose the work's status.
 */
const WAITING =
  'while _me_g=; do wait "$_me_c" && _me_s=0 || _me_s=$?; [ -n "$_me_g" ] && kill -0 "$_me_c" || break; done';

/** Notes a signal by which the scheduler tells a job to end: a script may trap it and end as if all were well. */
const trapOf = ({ name, forward, ending }: GuardedSignal): string => {
  const note = ending ? `_me_g=1 _me_k=" ${SIGNALLED}"` : "_me_g=1";
  return forward ? `trap '${note}; [ -z "$_me_c" ] || kill -${name} "$_me_c"' ${name}` : `trap '${note}' ${name}`;
};

/** Ends with the work's exit status, or with 1 in place of a reserved one. */
const exitWith = (reserved: readonly number[]): string =>
  reserved.length === 0 ? 'exit "$_me_s"' : `case "$_me_s" in ${reserved.join("|")}) exit 1;; esac; exit "$_me_s"`;

/**
 * Another start holds the claim, or none could be made. An end that this same job reached before is still its end; a bad
 * one may be the scheduler's doing.
 */
const refusing = (end: string): string =>
  [
    `_me_said() { echo "$_me_who" >"$_me/${REFUSED}$_me_t" || :; }`,
    `_me_old=$(readlink "$_me/${CLAIM}$_me_t") || _me_old=`,
    `case "$_me_old" in "$_me_j "*) if read -r _me_x _me_s _me_y <"$_me/${ENDED}$_me_t"; then [ "$_me_s" = 0 ] || _me_said; ${end}; fi;; esac`,
    "_me_said",
    // The directory is there, and no job holds the claim.
    `if [ -d "$_me" ] && [ -z "$_me_old" ] && [ ! -L "$_me/${CLAIM}" ]; then echo "model_ensemble: this job cannot record that it starts (in $_me: a disk or a quota may be full), and does nothing" >&9; exit ${STARTED_BEFORE}; fi`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
    'echo "model_ensemble: this job was started before (${_me_old:-and its record is gone}) and does nothing a second time" >&9',
    `exit ${STARTED_BEFORE}`,
  ].join("; ");

/** One word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

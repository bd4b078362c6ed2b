/** Slurm's own programs, as they are asked: in an environment that steers none of them. */
import { map, merge, type Observable, take } from "rxjs";
import { readable, scrubbed } from "../backends/slurm/environment.js";
import { after } from "../operators/after.js";
import type { Environment, Exec, ExecResult } from "../system/processes/exec.js";
import { type Accounting, openAccounting } from "./poll/accounting.js";
import { openSite, type Site } from "./poll/site.js";

export interface Programs {
  /** For sbatch, whose jobs get it. */
  readonly environment: Environment;
  /** What was left out of it. */
  readonly removed: readonly string[];
  /** Whose jobs it is about. */
  readonly uid: number;
  readonly asking: (file: string) => (words: readonly string[]) => Observable<ExecResult>;
  readonly site$: Observable<Site>;
  readonly accounting: Accounting;
}

export const openPrograms = (ask: Exec): Programs => {
  const { environment, removed } = scrubbed(process.env);
  const asking: Programs["asking"] = (file) => (words) =>
    merge(
      ask(file, words, readable(environment)),
      after(PATIENCE_S).pipe(
        map((): ExecResult => ({ status: null, stdout: "", stderr: "", problem: `no answer in ${PATIENCE_S} s` })),
      ),
    ).pipe(take(1));
  const uid = process.getuid?.() ?? 0;
  const site$ = openSite(asking("scontrol"));
  return { environment, removed, uid, asking, site$, accounting: openAccounting(asking("sacct"), site$, uid) };
};

/**
 * They give up by themselves, squeue after twice the MessageTimeout of the site, which may be 100 s; sacct after eight
 * times that, which is too long.
 */
const PATIENCE_S = 240;

/** The templates of an ensemble: surveyed before anything starts, rendered for every run. */
import { join } from "node:path";
import type { RunPlace } from "../effects/effects.js";
import { Abandon } from "../events/failure.js";
import { outputOf } from "../plan/paths.js";
import { type Batch, type Run, variablesOf } from "../plan/plan.js";
import { type Settings } from "../plan/settings.js";
import type { Variables } from "../plan/values.js";
import { failureAt } from "../system/files/errno.js";
import { behindLink, type Compiled, openCompiler, templateAt } from "./compiled.js";
import { TemplateError } from "./engine.js";
import { openChanges } from "./prepare/changes.js";
import { digestOf } from "./prepare/digest.js";
import { alreadyExists, stage } from "./prepare/stage.js";
import { type Entry, readTree, type TemplateTree } from "./prepare/tree.js";
import { kindAt, type Rendered, withPath, writeInto } from "./prepare/write.js";
import { openSurvey, type Survey } from "./survey/survey.js";
import { undefinedMessage } from "./undefined.js";

export type { SurveyFinding } from "./survey/finding.js";

export interface Templates {
  /** The check before anything starts. */
  readonly survey: Survey;
  /** Throws `Abandon` if a run's directory, or a file in its place, exists and may not be kept. */
  vacant(place: RunPlace): Promise<void>;
  /**
   * Makes a run's directory, or renders the templates into one that is kept. Resolves with the files of the template directory that have changed since an
   * earlier run, or the start. Throws `Abandon`.
   */
  prepare(place: RunPlace, options?: PrepareOptions): Promise<readonly string[]>;
  /** A digest of a batch's templates and job file as they are now. */
  readonly digest: (batch: Batch) => Promise<string>;
  /** A run's rendered templates, without writing them. Throws `Abandon`. */
  preview(batch: Batch, run: Run): Promise<readonly { readonly file: string; readonly text: string }[]>;
}

export interface PrepareOptions {
  /** Whether an earlier start of this run made the directory, so that it is always kept. */
  readonly own?: boolean;
  /** Tells that the run is interrupted. */
  readonly signal?: AbortSignal;
}

export const openTemplates = (settings: Settings): Templates => {
  const compiler = openCompiler();
  const changes = openChanges();

  const compiledOf = (batch: Batch, tree: TemplateTree): Promise<readonly Compiled[]> =>
    Promise.all(
      batch.templates.map(async (name) => {
        const entry = await templateAt(batch, name, tree);
        if (entry?.kind !== "file") throw missing(batch, name, entry, tree);
        try {
          return await compiler(batch, name, entry, tree);
        } catch (error) {
          throw abandonFor(join(batch.templatedir, name), error);
        }
      }),
    );

  const usableDirectory = async ({ run: { directory }, variables }: RunPlace, own: boolean) => {
    const found = await kindAt(directory);
    // All cycles of a repeated batch use the same directories.
    const keeps = own || settings.pickup || Number(variables.batch_idx) > 1;
    if (found === "other") throw notADirectory(directory);
    if (found === "directory" && !keeps) throw alreadyExists(directory);
    return found;
  };

  return {
    digest: digestOf,
    survey: openSurvey(settings, compiler, changes),
    vacant: async (place) => {
      await usableDirectory(place, false);
    },
    prepare: async (place, { own = false, signal } = {}) => {
      const { batch, run, variables } = place;
      const { directory } = run;
      const found = await usableDirectory(place, own);
      const tree = await treeOf(batch);
      const compiled = await compiledOf(batch, tree);
      const rendered = await Promise.all(compiled.map((one) => renderOne(one, variables)));
      const sources = compiled.map(({ entry }) => entry.path);
      if (found === "directory") {
        await writeInto(directory, rendered, sources);
        return changes.since(batch.name, tree, compiled);
      }
      // The run directory gets neither the templates nor the files that rendered templates replace.
      const replaced = new Set([...sources, ...rendered.map(({ path }) => path)]);
      const copied = [...tree.values()].filter(({ path }) => !replaced.has(path));
      await stage({ templatedir: batch.templatedir, directory, copied, rendered, signal });
      return changes.since(batch.name, tree, compiled);
    },
    preview: async (batch, run) => {
      const compiled = await compiledOf(batch, await treeOf(batch));
      const variables = variablesOf(batch, run, 1);
      const rendered = await Promise.all(compiled.map((one) => renderOne(one, variables)));
      return rendered.map(({ path, text }) => ({ file: path, text }));
    },
  };
};

/** Runs that start together share one reading: a list of 50,000 files takes 40 MB. */
const treeOf = ({ templatedir }: Batch): Promise<TemplateTree> => {
  const reading =
    readings.get(templatedir) ??
    withPath(templatedir, () => readTree(templatedir)).finally(() => readings.delete(templatedir));
  readings.set(templatedir, reading);
  return reading;
};

const readings = new Map<string, Promise<TemplateTree>>();

const renderOne = async ({ file, entry, template }: Compiled, variables: Variables): Promise<Rendered> => {
  try {
    return { path: outputOf(entry.path), text: await template.render(variables), mode: entry.mode | 0o200 };
  } catch (error) {
    throw abandonFor(file, error, variables);
  }
};

const abandonFor = (template: string, error: unknown, variables: Variables = {}): Abandon => {
  if (!(error instanceof TemplateError)) return new Abandon(failureAt(template, error));
  const { line, column, more } = error;
  const { file = template } = more;
  const place = { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
  return new Abandon({ reason: "template", file, ...place, message: undefinedMessage(error, variables) });
};

const missing = (batch: Batch, name: string, entry: Entry | undefined, tree: TemplateTree): Abandon => {
  const message =
    entry === undefined ? (behindLink(name, tree) ?? "there is no such template") : "the template is not a file";
  return new Abandon({ reason: "template", file: join(batch.templatedir, name), message });
};

const notADirectory = (directory: string): Abandon =>
  new Abandon({ reason: "directory", directory, message: "the path exists and is not a directory" });

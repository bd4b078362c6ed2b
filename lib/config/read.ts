/** Reads a configuration: turns its text into a plan, or into a list of all its mistakes. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { type Ensemble } from "../plan/plan.js";
import { DEFAULTS, type Settings } from "../plan/settings.js";
import type { Variables } from "../plan/values.js";
import { ensembleOf } from "./ensemble.js";
import { findings } from "./findings.js";
import { type Source, type Spot, sourceOf } from "./source.js";
import { treeOf } from "./yaml/compose.js";
import { valuesOf } from "./yaml/construct.js";
import { type Locations, locationsIn, type Path } from "./yaml/locate.js";

/**
 * Locates a part of a batch, as in `locate("tst1", "templates", 0)`: in the batch, or else in `batch_config`. A missing
 * part is located at the nearest part around it, and an unknown batch at the file as a whole.
 */
export type Locate = (batch: string, ...path: readonly (string | number)[]) => Spot;

export interface Reading {
  /** Absent if a diagnostic is an error. */
  readonly plan?: Ensemble;
  /** In file order. */
  readonly diagnostics: readonly Diagnostic[];
  readonly locate: Locate;
}

export interface ReadingOptions {
  /** The configuration file, as the user named it. */
  readonly file: string;
  /** The directory in which the program was started, as an absolute path. */
  readonly directory: string;
  /** Variables that override all others. */
  readonly extra?: Variables;
  /** The settings from the command line. */
  readonly settings?: Settings;
}

/** Works on the text alone. The survey of the templates checks whether directories and templates exist. */
export const readConfiguration = (
  text: string,
  { file, directory, extra = {}, settings = DEFAULTS }: ReadingOptions,
): Reading => {
  const source = sourceOf(file, text);
  const found = findings();
  const tree = treeOf(source, found);
  const root = tree && valuesOf(tree, source, found);
  const plan =
    tree && root !== undefined
      ? ensembleOf(root, locationsIn(tree, source), found, { file, directory, extra, settings })
      : undefined;
  // The tree of 10,000 runs is large and rarely needed again, so `locate` parses the text again on demand.
  let locations: Locations | undefined;
  const locate: Locate = (batch, ...path) => {
    const parsedAgain = locations === undefined ? treeOf(source, findings()) : undefined;
    if (parsedAgain !== undefined) locations = locationsIn(parsedAgain, source);
    return locations === undefined ? { file } : spotIn(locations, batch, path, source);
  };
  return { ...(!found.failed() && plan !== undefined && { plan }), diagnostics: found.all(), locate };
};

const spotIn = (locations: Locations, batch: string, path: Path, source: Source): Spot => {
  const index = indexOf(locations, batch);
  if (index === undefined) return source.spot();
  const own: Path = ["ensemble", "batches", index];
  const common: Path = ["ensemble", "batch_config"];
  const at =
    locations.has([...own, ...path.slice(0, 1)]) || !locations.has([...common, ...path.slice(0, 1)]) ? own : common;
  return locations.value([...at, ...path]);
};

const indexOf = (locations: Locations, batch: string): number | undefined => {
  for (let index = 0; locations.has(["ensemble", "batches", index]); index++)
    if (locations.written(["ensemble", "batches", index, "name"])?.text === batch) return index;
  return undefined;
};

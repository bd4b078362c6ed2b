/** Checks what the command line says about a configuration: the runs that its options leave, and its variables. */
import { type Ensemble, RESERVED_NAMES } from "../../plan/plan.js";
import { type Settings, skipCause } from "../../plan/settings.js";
import { has, type Variables } from "../../plan/values.js";
import type { Findings } from "../findings.js";
import type { Spot } from "../source.js";

/** A user may mean an ensemble without runs, but never options that leave out every run. */
export const checkSelection = (
  batches: Ensemble["batches"],
  settings: Pick<Settings, "skips" | "indexes">,
  spot: Spot,
  found: Findings,
): void => {
  const { skips, indexes } = settings;
  const most = Math.max(0, ...batches.map(({ runs }) => runs.length));
  if (most === 0) return;
  const range = most === 1 ? "the only index is 0" : `the indexes are 0 to ${most - 1}`;
  const options = [
    ...(skips > 0 ? [`\`-k ${skips}\``] : []),
    ...(indexes === undefined ? [] : [`\`-i ${indexes.join(",")}\``]),
  ].join(" and ");
  if (batches.every(({ runs }) => runs.every((run) => skipCause(run, settings) !== undefined))) {
    found.error("no-runs-left", `no run is left with ${options}: ${range}`, spot);
    return;
  }
  const unknown = indexes?.filter((index) => index >= most) ?? [];
  if (unknown.length > 0)
    found.warning("no-such-index", `no batch has a run for \`-i ${unknown.join(",")}\`: ${range}`, spot);
};

export const checkExtra = (extra: Variables, spot: Spot, found: Findings): void => {
  for (const name of RESERVED_NAMES.filter((reserved) => has(extra, reserved))) {
    // The Python tool makes the directory of every run at the one `dir`, and moves every run to the one `id`.
    if (name === "dir" || name === "id")
      found.error(
        "reserved-name",
        `\`-x ${name}=…\`: the program itself sets \`run.${name}\`; give the variable another name`,
        spot,
      );
    else
      found.warning(
        "reserved-name",
        `\`${name}\` from the command line overrides the \`run.${name}\` that the program sets`,
        spot,
      );
  }
  for (const name of Object.keys(extra)) {
    const meant = name.trim().replace(/^run\./, "");
    if (meant !== name)
      found.error(
        "extra-name",
        `\`-x "${name}=…"\` sets nothing that a template can name; write \`-x ${meant}=…\``,
        spot,
      );
    else if (name.includes("."))
      found.warning(
        "extra-name",
        `\`-x ${name}=…\` sets \`run["${name}"]\`, not a part of \`run.${name.replace(/\..*/s, "")}\``,
        spot,
      );
  }
};

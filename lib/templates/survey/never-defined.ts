/** Finds variables that a template names but no run defines, in branches that no rendering reaches. */
import { type Batch } from "../../plan/plan.js";
import { lookUp } from "../../plan/references.js";
import { isVariables, type Value, type Variables } from "../../plan/values.js";
import type { Compiled } from "../compiled.js";
import type { TemplateError, Use } from "../engine.js";
import { suggestionFor } from "../undefined.js";
import { placeIn } from "./excerpt.js";
import type { SurveyFinding } from "./finding.js";

export interface NeverDefined {
  /** Records the variables that a run defines. */
  record(variables: Variables): void;
  /** The variables that no recorded run defines, except the variables in `reported`, the errors of the renderings. */
  findings(batch: Batch, reported: readonly TemplateError[]): readonly SurveyFinding[];
}

export const neverDefined = (compiled: readonly Compiled[]): NeverDefined => {
  let unresolved: readonly { readonly one: Compiled; readonly use: Use }[] = compiled.flatMap((one) =>
    one.template.uses.map((use) => ({ one, use })),
  );
  const names: Record<string, Value> = {};
  return {
    record: (variables) => {
      Object.assign(names, variables);
      if (unresolved.some(({ use }) => isDefined(variables, use)))
        unresolved = unresolved.filter(({ use }) => !isDefined(variables, use));
    },
    findings: (batch, reported) => {
      const known = new Set(reported.map(({ undefinedPath }) => undefinedPath?.[0]));
      return unresolved.flatMap(({ one, use }): readonly SurveyFinding[] => {
        const meant = suggestionFor(use.path, names);
        const [variable = ""] = use.path;
        if (known.has(variable)) return [];
        // A template that tests a variable handles its absence.
        if (meant === undefined && (OPTIONAL.has(variable) || isTested(one, use))) return [];
        known.add(variable);
        const suggestion = meant === undefined ? "" : `; did you mean "${meant}"?`;
        return [
          {
            severity: "warning",
            code: "undefined-variable",
            message: `no run defines ${["run", ...use.path].join(".")}${suggestion}`,
            batch: batch.name,
            path: ["templates", batch.templates.indexOf(one.name)],
            at: placeIn(one.file, one.text, use),
          },
        ];
      });
    },
  };
};

/** The scheduler's parameters, which are defined only if the user sets them. */
const OPTIONAL: ReadonlySet<string> = new Set(["cluster", "email", "nodes", "ntasks", "length"]);

/** Whether a variable is defined. Ignores the rest of a path below a value that is not a mapping (a method, an index). */
const isDefined = (variables: Variables, { path }: Use): boolean => {
  for (let end = 1; end <= path.length; end++) {
    const value = lookUp(variables, path.slice(0, end));
    if (value === undefined) return false;
    if (!isVariables(value)) return true;
  }
  return true;
};

/** Whether the template tests the variable somewhere, in an `if` or with `default` after the variable. */
const isTested = ({ text, template }: Compiled, { path: [variable] }: Use): boolean => {
  const lines = text.split("\n");
  return template.uses.some(({ path, line, column }) => {
    if (path[0] !== variable) return false;
    const before = lines.slice(0, line - 1).join("\n") + "\n" + (lines[line - 1] ?? "").slice(0, column - 1);
    const tag = before.slice(Math.max(before.lastIndexOf("{%"), before.lastIndexOf("{{")));
    const after = (lines[line - 1] ?? "").slice(column - 1).split(/[%}]\}/)[0] ?? "";
    return (
      /^\{%[-+]?\s*(?:if|elsif|elif|unless)\b/.test(tag) ||
      /\|\s*default\b|\bis\s+(?:not\s+)?defined\b|\bif\b/.test(after)
    );
  });
};

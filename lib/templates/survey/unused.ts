/** Variables that templates name and no run defines, found without coming by the place. */
import { type Batch } from "../../plan/plan.js";
import { lookUp } from "../../plan/references.js";
import { isVariables, type Value, type Variables } from "../../plan/values.js";
import type { Compiled } from "../compiled.js";
import type { TemplateError, Use } from "../engine.js";
import { meantBy } from "../undefined.js";
import { placeIn } from "./excerpt.js";
import type { SurveyFinding } from "./finding.js";

export interface NeverDefined {
  /** Takes note of what a run defines. */
  see(variables: Variables): void;
  /** What no run that was seen defines. What rendering has told already is left out. */
  findings(batch: Batch, told: readonly TemplateError[]): readonly SurveyFinding[];
}

export const neverDefined = (compiled: readonly Compiled[]): NeverDefined => {
  let unseen: readonly { readonly one: Compiled; readonly use: Use }[] = compiled.flatMap((one) =>
    one.template.uses.map((use) => ({ one, use })),
  );
  const names: Record<string, Value> = {};
  return {
    see: (variables) => {
      Object.assign(names, variables);
      if (unseen.some(({ use }) => isThere(variables, use)))
        unseen = unseen.filter(({ use }) => !isThere(variables, use));
    },
    findings: (batch, told) => {
      const known = new Set(told.map(({ undefinedPath }) => undefinedPath?.[0]));
      return unseen.flatMap(({ one, use }): readonly SurveyFinding[] => {
        const meant = meantBy(use.path, names);
        const [variable = ""] = use.path;
        if (known.has(variable)) return [];
        // A template that asks whether there is such a variable knows that there may be none.
        if (meant === undefined && (OPTIONAL.has(variable) || asks(one, use))) return [];
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

/** The scheduler's parameters: there only when set. */
const OPTIONAL: ReadonlySet<string> = new Set(["cluster", "email", "nodes", "ntasks", "length"]);

/** A path that goes on into what is no mapping (a method of a text, an index) is not judged. */
const isThere = (variables: Variables, { path }: Use): boolean => {
  for (let end = 1; end <= path.length; end++) {
    const value = lookUp(variables, path.slice(0, end));
    if (value === undefined) return false;
    if (!isVariables(value)) return true;
  }
  return true;
};

/** Whether the template tests the variable somewhere: in an `if`, or with `default` behind it. */
const asks = ({ text, template }: Compiled, { path: [variable] }: Use): boolean => {
  const lines = text.split("\n");
  return template.uses.some(({ path, line, column }) => {
    if (path[0] !== variable) return false;
    const before = lines.slice(0, line - 1).join("\n") + "\n" + (lines[line - 1] ?? "").slice(0, column - 1);
    const tag = before.slice(Math.max(before.lastIndexOf("{%"), before.lastIndexOf("{{")));
    const behind = (lines[line - 1] ?? "").slice(column - 1).split(/[%}]\}/)[0] ?? "";
    return (
      /^\{%[-+]?\s*(?:if|elsif|elif|unless)\b/.test(tag) ||
      /\|\s*default\b|\bis\s+(?:not\s+)?defined\b|\bif\b/.test(behind)
    );
  });
};

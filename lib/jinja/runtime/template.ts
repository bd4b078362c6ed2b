/** The compiler of whole templates. */
import { inTemplate, type Origin } from "../problem.js";
import type { Body, ParsedTemplate } from "../syntax/ast.js";
import { hiddenNames } from "../syntax/hidden.js";
import { mentions } from "../syntax/mentions.js";
import { parse } from "../syntax/statements.js";
import { withPlace } from "./expressions.js";
import { checkTemplateNames } from "./names.js";
import type { LoadedBlock, LoadedTemplate } from "./scope.js";
import { compileBody } from "./statements.js";

/** Throws a `Problem` with the place of a mistake. */
export const compileTemplate = (
  origin: Origin,
): { readonly template: LoadedTemplate; readonly parsed: ParsedTemplate } =>
  inTemplate(origin, () => {
    try {
      const parsed = parse(origin.source);
      checkTemplateNames(parsed.body);
      const blocks = new Map<string, readonly LoadedBlock[]>();
      const hidden = hiddenNames(parsed.body);
      const part = (body: Body) => ({ execute: compileBody(body, hidden), hidden: hidden.get(body) });
      const template = { ...origin, ...part(parsed.body), blocks };
      for (const { name, body } of parsed.blocks)
        blocks.set(name, [{ template, ...part(body), usesSuper: mentions(body, "super") }]);
      return { template, parsed };
    } catch (error) {
      throw withPlace(error, origin.source.length);
    }
  });

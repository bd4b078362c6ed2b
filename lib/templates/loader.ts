/**
 * Loads Jinja templates by the names that other templates use for them, as Jinja2's FileSystemLoader does: a name is a
 * path in the template directory. A link that leads out of the directory is an error.
 */
import { join } from "node:path";
import { fail } from "../jinja/problem.js";
import type { LoadedTemplate, Rendering } from "../jinja/runtime/scope.js";
import { compileTemplate } from "../jinja/runtime/template.js";
import { normalized } from "../jinja/syntax/lexer.js";
import { messageOf } from "../system/files/errno.js";
import { absence, isUpward, partsOf } from "./absence.js";
import { type CompileOptions, TemplateError } from "./engine.js";
import { isInside, isTemplateFile, readTemplateSync } from "./source.js";

/** Reads and compiles each template once. */
export const openLoader = (options: CompileOptions): Pick<Rendering, "load" | "absent"> => {
  const known = new Map<string, LoadedTemplate>();
  return {
    load: (name) => {
      if (isUpward(name)) return undefined;
      const before = known.get(name);
      if (before !== undefined) return before;
      const root = options.roots.find((one) => isTemplateFile(join(one, ...partsOf(name))));
      if (root === undefined) return undefined;
      const template = read(name, join(root, ...partsOf(name)), root);
      known.set(name, template);
      return template;
    },
    absent: absence(options),
  };
};

const read = (name: string, file: string, root: string): LoadedTemplate => {
  if (!isInside(root, file))
    fail(`"${name}" is a link that leads out of the template directory: replace it by a copy of the file`);
  try {
    return compileTemplate({ name, file, source: normalized(readTemplateSync(file)) }).template;
  } catch (error) {
    if (!(error instanceof TemplateError || (error instanceof Error && "code" in error))) throw error;
    return fail(`the template "${name}" cannot be read: ${messageOf(error)}`);
  }
};

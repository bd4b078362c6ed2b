/** Which engine a template is for, and what its rendered file is called: both by the ending of its name. */
import type { Compile } from "./engine.js";
import { compileJinja } from "./jinja/jinja.js";
import { compileLiquid } from "./liquid.js";

/** The engine for a template of this name. What is not Liquid is Jinja, whatever its ending. */
export const engineFor = (name: string): Compile => (name.endsWith(".liquid") ? compileLiquid : compileJinja);

/** What the rendered file is called: `x.sh.j2` is rendered to `x.sh`, a template without such an ending to itself. */
export const outputOf = (name: string): string => {
  const output = name.replace(/\.(?:j2|liquid)$/, "");
  // A file that is all ending, such as `.j2`, has no other name to be rendered to.
  return output === "" || output.endsWith("/") ? name : output;
};

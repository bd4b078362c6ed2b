/** The choice of the engine by the ending of a template's name. */
import type { Batch } from "../plan/plan.js";
import type { Compile } from "./engine.js";
import { compileJinja } from "./jinja.js";
import { compileLiquid } from "./liquid/liquid.js";
import { compilePython } from "./python/python.js";

/** The engine for a template of this name. Every ending but `.liquid` means Jinja: the built-in engine, or Python. */
export const engineFor = (name: string, { template_engine }: Pick<Batch, "template_engine">): Compile => {
  if (name.endsWith(".liquid")) return compileLiquid;
  return template_engine === "python" ? compilePython : compileJinja;
};

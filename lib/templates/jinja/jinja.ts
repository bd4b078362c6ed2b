/** The engine for `.j2` templates. */
import { type Compile, TemplateError } from "../engine.js";

export const compileJinja: Compile = () => {
  throw new TemplateError("Jinja templates are not part of this version yet; a `.liquid` template does the same");
};

/** An imported template: an object with the template's variables and macros, which prints as the template's text. */
import { didYouMean } from "../../diagnostics/suggest.js";
import { repr } from "../values/text.js";
import { type Py, PyObject, Undefined } from "../values/values.js";

export class TemplateModule extends PyObject {
  readonly type = "TemplateModule";
  constructor(
    readonly name: string | null,
    readonly text: string,
    private readonly exported: ReadonlyMap<string, Py>,
  ) {
    super();
  }
  override repr(): string {
    return `<TemplateModule ${repr(this.name)}>`;
  }
  override str(): string {
    return this.text;
  }
  override attribute(name: string): Py {
    return this.exported.get(name) ?? new Undefined(this.#absent(name));
  }
  #absent(name: string): string {
    const template = `the template ${repr(this.name)}`;
    if (name.startsWith("_")) return `${template} exports no name that begins with an underscore, such as '${name}'`;
    return `${template} exports no '${name}'${didYouMean(name, this.exported.keys())}`;
  }
}

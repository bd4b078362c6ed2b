/** Scopes of names. A scope reads the names of its outer scopes, and sets only its own. */
import { boundedLength } from "../limits.js";
import { type Py, Undefined } from "../values/values.js";

export class Scope {
  readonly #names = new Map<string, Py>();
  constructor(private readonly outer?: Scope) {}

  find(name: string): Py | undefined {
    const value = this.#names.get(name);
    // None is a value like any other, and hides the value of an outer scope.
    return value !== undefined ? value : this.outer?.find(name);
  }
  get(name: string): Py {
    const value = this.find(name);
    if (value !== undefined) return value;
    return new Undefined(`'${name}' is undefined`);
  }
  set(name: string, value: Py): void {
    this.#names.set(name, value);
  }
}

/** A compiled statement or body. */
export type Execute = (scope: Scope, out: RenderedText) => void;

/** The rendered text. */
export class RenderedText {
  text = "";
  write(text: string): void {
    this.text += text;
    boundedLength(this.text.length);
  }
}

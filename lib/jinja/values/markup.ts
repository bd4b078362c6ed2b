/** Text that `escape`, `safe` and `tojson` marked as HTML: it prints as text and is not escaped again. */
import { boundedText } from "../limits.js";
import { fail } from "../problem.js";
import { characters, repr, str } from "./text.js";
import { type Py, PyObject, typeName } from "./values.js";

export class Markup extends PyObject {
  readonly type = "Markup";
  constructor(readonly text: string) {
    super();
  }
  /** `left + right` if one side is marked: escapes the other side. */
  static joined(left: Py, right: Py): Markup {
    for (const part of [left, right])
      if (typeof part !== "string" && !(part instanceof Markup))
        fail(`unsupported operand type(s) for +: '${typeName(left)}' and '${typeName(right)}'`);
    return new Markup(escaped(left).text + escaped(right).text);
  }
  override repr(): string {
    return `Markup(${repr(this.text)})`;
  }
  override str(): string {
    return this.text;
  }
  override truth(): boolean {
    return this.text !== "";
  }
  override iterate(): Iterable<Py> {
    return characters(this.text);
  }
  override size(): number {
    return characters(this.text).length;
  }
  override same(other: Py): boolean {
    return other === this.text || (other instanceof Markup && other.text === this.text);
  }
  override hash(): unknown {
    return this.text;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  ">": "&gt;",
  "<": "&lt;",
  "'": "&#39;",
  '"': "&#34;",
};

export const escaped = (value: Py): Markup =>
  value instanceof Markup
    ? value
    : new Markup(str(value).replace(/[&<>'"]/g, (character) => ENTITIES[character] ?? ""));

/** Applies a change to text. Marked text stays marked, as in Python's Markup. */
export const mapText = (value: Py, change: (text: string) => string): Py =>
  value instanceof Markup ? new Markup(boundedText(change(value.text))) : boundedText(change(str(value)));

/** The text of a string, marked or not; undefined for any other value. */
export const plainText = (value: Py): string | undefined =>
  typeof value === "string" ? value : value instanceof Markup ? value.text : undefined;

/** The variable `loop` in the body of a loop. */
import { fail } from "../problem.js";
import { sameItems } from "../values/equality.js";
import { Callable, type Py, PyObject, Undefined } from "../values/values.js";

export class Loop extends PyObject {
  readonly type = "LoopContext";
  index = 0;
  #changed: readonly Py[] | undefined;
  constructor(private readonly items: readonly Py[]) {
    super();
  }
  override repr(): string {
    return `<LoopContext ${this.index + 1}/${this.items.length}>`;
  }
  override size(): number {
    return this.items.length;
  }
  override attribute(name: string): Py | undefined {
    const { index, items } = this;
    switch (name) {
      case "index":
        return index + 1;
      case "index0":
        return index;
      case "revindex":
        return items.length - index;
      case "revindex0":
        return items.length - index - 1;
      case "first":
        return index === 0;
      case "last":
        return index === items.length - 1;
      case "length":
        return items.length;
      case "depth":
        return 1;
      case "depth0":
        return 0;
      case "previtem":
        return index > 0 ? (items[index - 1] ?? null) : new Undefined("there is no previous item");
      case "nextitem":
        return index < items.length - 1 ? (items[index + 1] ?? null) : new Undefined("there is no next item");
      case "cycle":
        return new Callable(name, ({ positional }) => {
          if (positional.length === 0) return fail("no items for cycling given");
          return positional[this.index % positional.length] ?? null;
        });
      case "changed":
        return new Callable(name, ({ positional }) => this.#isChanged(positional));
      default:
        return undefined;
    }
  }
  #isChanged(values: readonly Py[]): boolean {
    if (this.#changed !== undefined && sameItems(this.#changed, values)) return false;
    this.#changed = values;
    return true;
  }
}

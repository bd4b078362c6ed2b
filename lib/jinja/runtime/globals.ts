/** The global names of every template, besides `run` and `self`. */
import { dictPairsOf } from "../methods/containers.js";
import { fail } from "../problem.js";
import { Dict, Namespace, Range } from "../values/containers.js";
import { toInteger } from "../values/numbers.js";
import { binder } from "../values/signature.js";
import { str } from "../values/text.js";
import { Callable, type EvaluatedArguments, type Py, PyObject } from "../values/values.js";
import { Names } from "./scope.js";

const range = new Callable("range", ({ positional, named }: EvaluatedArguments) => {
  if (named.size > 0) return fail("range() takes no keyword arguments");
  const [first, second, step] = positional.map(toInteger);
  if (first === undefined) return fail("range expected at least 1 argument, got 0");
  if (positional.length > 3) return fail(`range expected at most 3 arguments, got ${positional.length}`);
  return second === undefined ? new Range(0, first, 1) : new Range(first, second, step ?? 1);
});

/** The content of `dict(...)` and `namespace(...)`. */
const dictFrom = (name: string, { positional, named }: EvaluatedArguments): Dict => {
  if (positional.length > 1) return fail(`${name} expected at most 1 argument, got ${positional.length}`);
  const [source] = positional;
  const dict = new Dict(source === undefined ? [] : dictPairsOf(source));
  for (const [key, value] of named) dict.set(key, value);
  return dict;
};

const namespace = new Callable("namespace", (args) => {
  const result = new Namespace();
  for (const [key, value] of dictFrom("namespace", args).pairs()) result.names.set(str(key), value);
  return result;
});

class Cycler extends PyObject {
  readonly type = "Cycler";
  #index = 0;
  constructor(private readonly items: readonly Py[]) {
    super();
    if (items.length === 0) fail("at least one item has to be provided");
  }
  override attribute(name: string): Py | undefined {
    if (name === "current") return this.#current();
    if (name === "pos") return this.#index;
    if (name === "next") return new Callable(name, () => this.#next());
    if (name === "reset") return new Callable(name, () => this.#reset());
    return undefined;
  }
  #current(): Py {
    return this.items[this.#index] ?? null;
  }
  #next(): Py {
    const item = this.#current();
    this.#index = (this.#index + 1) % this.items.length;
    return item;
  }
  #reset(): null {
    this.#index = 0;
    return null;
  }
}

const joinerArguments = binder("joiner", { sep: ", " });

const joiner = new Callable("joiner", (args) => {
  const [separator = null] = joinerArguments(args);
  let used = false;
  return new Callable("joiner", () => {
    const text = used ? separator : "";
    used = true;
    return text;
  });
});

const createGlobals = (): Names => {
  const names = new Names();
  names.set("range", range);
  names.set("dict", new Callable("dict", (args) => dictFrom("dict", args)));
  names.set("namespace", namespace);
  names.set("cycler", new Callable("cycler", ({ positional }) => new Cycler(positional)));
  names.set("joiner", joiner);
  names.set("lipsum", new Callable("lipsum", () => fail("lipsum() is not supported here: its text changes each time")));
  return names;
};

/** Shared by all renderings, since no template can change it. */
export const GLOBALS: Names = createGlobals();

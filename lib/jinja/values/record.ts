/** `run`, the one object that a template sees: a namedtuple of the run's variables, as in the Python tool. */
import { Float, isVariables, pairsOf, Timestamp, type Value, type Variables } from "../../plan/values.js";
import { Dict, Tuple } from "./containers.js";
import { momentOf } from "./dates.js";
import { int } from "./numbers.js";
import { repr } from "./text.js";
import { Callable, isIntLike, type Py, PyObject } from "./values.js";

export class RunRecord extends PyObject {
  readonly type = "Run";
  readonly #converted = new Map<string, Py>();
  constructor(private readonly variables: Variables) {
    super();
  }
  #names(): string[] {
    return Object.keys(this.variables);
  }
  #value(name: string): Py {
    // A template may change a list. Each rendering has one copy of the list, so no other rendering sees the change.
    const cached = this.#converted.get(name);
    if (cached !== undefined) return cached;
    const value = fromValue(this.variables[name] ?? null);
    this.#converted.set(name, value);
    return value;
  }
  override repr(): string {
    return `Run(${this.#names()
      .map((name) => `${name}=${repr(this.#value(name))}`)
      .join(", ")})`;
  }
  override attribute(name: string): Py | undefined {
    if (Object.hasOwn(this.variables, name)) return this.#value(name);
    if (name === "_fields") return new Tuple(this.#names());
    if (name === "_asdict") return new Callable(name, () => this.#dict());
    return undefined;
  }
  #dict(): Dict {
    return new Dict(this.#names().map((name) => [name, this.#value(name)]));
  }
  override item(key: Py): Py | undefined {
    if (!isIntLike(key)) return undefined;
    const name = this.#names().at(Number(key));
    return name === undefined ? undefined : this.#value(name);
  }
  override iterate(): Iterable<Py> {
    return this.#names().map((name) => this.#value(name));
  }
  override size(): number {
    return this.#names().length;
  }
}

/** Turns a value of the configuration into a value of the template. */
export const fromValue = (value: Value): Py => {
  // Adding 0 turns -0 into 0.
  if (typeof value === "number") return Number.isSafeInteger(value) ? value + 0 : intOrFloat(value);
  if (typeof value === "bigint") return int(value);
  if (value === null || typeof value !== "object" || value instanceof Float) return value;
  if (value instanceof Timestamp) return momentOf(value);
  if (isVariables(value)) return new Dict(pairsOf(value).map(([key, item]) => [fromValue(key), fromValue(item)]));
  return value.map(fromValue);
};

const intOrFloat = (number: number): Py => (Number.isInteger(number) ? int(BigInt(number)) : new Float(number));

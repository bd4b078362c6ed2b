/** Tuples, dicts, ranges, iterators and namespaces. */
import { boundedCount, spend } from "../limits.js";
import { fail } from "../problem.js";
import { keyOf, sameItems } from "./equality.js";
import { repr, reprItems } from "./text.js";
import { type Py, PyObject } from "./values.js";

export class Tuple extends PyObject {
  readonly type = "tuple";
  constructor(readonly items: readonly Py[]) {
    super();
  }
  override repr(): string {
    return this.items.length === 1 ? `(${reprItems(this.items)},)` : `(${reprItems(this.items)})`;
  }
  override truth(): boolean {
    return this.items.length > 0;
  }
  override iterate(): Iterable<Py> {
    return this.items;
  }
  override size(): number {
    return this.items.length;
  }
  override same(other: Py): boolean {
    return other instanceof Tuple && sameItems(this.items, other.items);
  }
  override hash(): unknown {
    return `\0(${this.items.map((item) => `${typeof item} ${String(keyOf(item))}`).join("\0,")}`;
  }
}

/** A pair of `groupby`: a tuple with named parts. */
export class GroupTuple extends Tuple {
  override attribute(name: string): Py | undefined {
    return name === "grouper" ? this.items[0] : name === "list" ? this.items[1] : undefined;
  }
}

export class Dict extends PyObject {
  readonly type = "dict";
  readonly #pairs = new Map<unknown, readonly [Py, Py]>();
  constructor(pairs: Iterable<readonly [Py, Py]> = []) {
    super();
    for (const [key, value] of pairs) this.set(key, value);
  }
  get(key: Py): Py | undefined {
    return this.#pairs.get(keyOf(key))?.[1];
  }
  has(key: Py): boolean {
    return this.#pairs.has(keyOf(key));
  }
  set(key: Py, value: Py): void {
    const hash = keyOf(key);
    const before = this.#pairs.get(hash);
    this.#pairs.set(hash, [before === undefined ? key : before[0], value]);
    boundedCount(this.#pairs.size);
  }
  delete(key: Py): void {
    this.#pairs.delete(keyOf(key));
  }
  pairs(): readonly (readonly [Py, Py])[] {
    return [...this.#pairs.values()];
  }
  keys(): Py[] {
    return Array.from(this.#pairs.values(), ([key]) => key);
  }
  override repr(): string {
    spend(this.#pairs.size);
    return `{${this.pairs()
      .map(([key, value]) => `${repr(key)}: ${repr(value)}`)
      .join(", ")}}`;
  }
  override truth(): boolean {
    return this.#pairs.size > 0;
  }
  override item(key: Py): Py | undefined {
    return this.get(key);
  }
  override iterate(): Iterable<Py> {
    return this.keys();
  }
  override size(): number {
    return this.#pairs.size;
  }
  override same(other: Py): boolean {
    if (!(other instanceof Dict) || other.size() !== this.size()) return false;
    return this.pairs().every(([key, value]) => {
      const otherValue = other.get(key);
      return otherValue !== undefined && sameItems([value], [otherValue]);
    });
  }
  override hash(): unknown {
    return undefined;
  }
}

/** `.items()`, `.keys()`, `.values()` of a dict: views that follow its later changes. */
export class DictView extends PyObject {
  readonly type: string;
  constructor(
    readonly kind: "items" | "keys" | "values",
    readonly dict: Dict,
  ) {
    super();
    this.type = `dict_${kind}`;
  }
  override repr(): string {
    return `${this.type}([${reprItems(this.iterate())}])`;
  }
  override truth(): boolean {
    return this.dict.truth();
  }
  override iterate(): Py[] {
    if (this.kind === "keys") return this.dict.keys();
    return this.dict.pairs().map((pair) => (this.kind === "items" ? new Tuple(pair) : pair[1]));
  }
  override size(): number {
    return this.dict.size();
  }
}

/** The numbers of `range(...)`, computed on demand. */
export class Range extends PyObject {
  readonly type = "range";
  readonly length: number;
  constructor(
    readonly start: number,
    readonly stop: number,
    readonly step: number,
  ) {
    super();
    if (step === 0) fail("range() arg 3 must not be zero");
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }
  at(index: number): number {
    return this.start + index * this.step;
  }
  override repr(): string {
    return `range(${this.start}, ${this.stop}${this.step === 1 ? "" : `, ${this.step}`})`;
  }
  override truth(): boolean {
    return this.length > 0;
  }
  override *iterate(): Iterable<Py> {
    spend(this.length);
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
  override size(): number {
    return this.length;
  }
  override same(other: Py): boolean {
    if (!(other instanceof Range) || other.length !== this.length) return false;
    return this.length === 0 || (other.start === this.start && (this.length === 1 || other.step === this.step));
  }
  override hash(): unknown {
    return `\0range ${this.length === 0 ? "" : `${this.start} ${this.at(this.length - 1)} ${this.length}`}`;
  }
}

/** An iterator that can be consumed once: the result of `map`, `select`, `batch` and others. */
export class Iterator extends PyObject {
  readonly type: string;
  readonly #items: IterableIterator<Py>;
  constructor(items: IterableIterator<Py>, type = "generator") {
    super();
    this.type = type;
    this.#items = items;
  }
  override repr(): string {
    return fail(`cannot print a ${this.type}: put |list or |join behind it`);
  }
  override iterate(): Iterable<Py> {
    const items = this.#items;
    // A loop that ends early must not close the generator: the next loop continues from there.
    return { [Symbol.iterator]: () => ({ next: () => items.next() }) };
  }
}

/** `namespace(...)`: the object whose attributes `{% set ns.name = … %}` sets. */
export class Namespace extends PyObject {
  readonly type = "Namespace";
  readonly names = new Map<string, Py>();
  override repr(): string {
    return `<Namespace ${new Dict(this.names).repr()}>`;
  }
  override attribute(name: string): Py | undefined {
    return this.names.get(name);
  }
}

export const isSequence = (value: Py): value is Py[] | Tuple => Array.isArray(value) || value instanceof Tuple;

export const itemsOf = (value: Py[] | Tuple): readonly Py[] => (Array.isArray(value) ? value : value.items);

export const pairOf = (first: Py, second: Py): Tuple => new Tuple([first, second]);

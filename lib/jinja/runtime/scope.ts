/** Scopes of names, and what executes in them. */
import { boundedLength } from "../limits.js";
import type { Origin } from "../problem.js";
import { type Py, Undefined } from "../values/values.js";
import type { TemplateModule } from "./module.js";

/** Names and their values. Reads the names of `outer`, and sets only its own. */
export class Names {
  // Most scopes set no name, so the map is made with the first.
  #own: Map<string, Py> | undefined;
  constructor(protected readonly outer?: Names) {}

  protected own(name: string): Py | undefined {
    return this.#own?.get(name);
  }

  find(name: string): Py | undefined {
    return this.visible(name);
  }
  /** The value that another template sees, which is loaded here: it also sees what this one still hides. */
  visible(name: string): Py | undefined {
    const value = this.own(name);
    // None is a value like any other, and hides the value of an outer scope.
    return value !== undefined ? value : this.outer?.visible(name);
  }
  get(name: string): Py {
    const value = this.find(name);
    if (value !== undefined) return value;
    return new Undefined(`'${name}' is undefined`);
  }
  set(name: string, value: Py): void {
    this.#own ??= new Map();
    this.#own.set(name, value);
  }
  /** All visible names as they are now: what is set later does not show in the copy. */
  copy(target = new Names()): Names {
    this.outer?.copy(target);
    for (const [name, value] of this.#own ?? []) target.set(name, value);
    return target;
  }
}

/** The names that a part of a template hides until it sets them: see `syntax/hidden.ts`. */
export type Hidden = ReadonlySet<string> | undefined;

/** The names that a part of a template sees while it executes. */
export class Scope extends Names {
  constructor(
    outer: Names,
    readonly frame: Frame,
    private readonly hidden?: Hidden,
  ) {
    super(outer);
  }
  override find(name: string): Py | undefined {
    const value = this.own(name);
    if (value !== undefined || this.hidden?.has(name) === true) return value;
    return this.outer?.find(name);
  }
  /** A scope for a part of this one. `frame`: what executes in the part, if it is not the same. */
  inner(hidden?: Hidden, frame: Frame = this.frame): Scope {
    return new Scope(this, frame, hidden);
  }
}

/** The scope outside of all loops, blocks and macros of a template: its blocks and importers see what is set here. */
export class RootScope extends Scope {
  constructor(frame: Frame) {
    super(frame.context.variables, frame, frame.template.hidden);
  }
  override set(name: string, value: Py): void {
    super.set(name, value);
    const { context } = this.frame;
    context.variables.set(name, value);
    if (name.startsWith("_")) return;
    context.exported ??= new Set();
    context.exported.add(name);
  }
}

/** What executes: the text of a template outside of its blocks, a block, or a macro. */
export interface Frame {
  readonly context: TemplateContext;
  /** The template whose text executes. */
  readonly template: LoadedTemplate;
  /** The template that `extends` has named. Once it has, text outside of blocks and macros is not written. */
  parent?: LoadedTemplate;
}

/** The variables and blocks of one execution of a template. The templates that it extends share them. */
export interface TemplateContext {
  readonly name: string | null;
  readonly rendering: Rendering;
  /** The variables that every block sees. */
  readonly variables: Names;
  /** The names of the variables and macros that other templates may import. */
  exported?: Set<string>;
  /** All versions of each block: that of the child template comes first. */
  blocks: BlockVersions;
}

/** A template that can execute, and be loaded by others. */
export interface LoadedTemplate extends Origin {
  readonly execute: Execute;
  readonly hidden: Hidden;
  /** One version of each block. */
  readonly blocks: BlockVersions;
}

export type BlockVersions = ReadonlyMap<string, readonly LoadedBlock[]>;

export interface LoadedBlock {
  readonly template: LoadedTemplate;
  readonly execute: Execute;
  readonly hidden: Hidden;
  /** Whether the block's text mentions `super`. */
  readonly usesSuper: boolean;
}

/** One rendering, with all templates that it loads. */
export interface Rendering {
  /** The template of this name; undefined if there is none. */
  load(name: string): LoadedTemplate | undefined;
  /** The message that there is no template of any of these names. */
  absent(names: readonly string[]): string;
  /** The names that a template sees if it is loaded without context. */
  readonly globals: Names;
  /** The templates that were loaded without context: each executes only once. */
  modules?: Map<LoadedTemplate, TemplateModule>;
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

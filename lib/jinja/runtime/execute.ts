/** The execution of templates and of their blocks, and the objects `self` and `super`, which execute blocks. */
import { didYouMean } from "../../diagnostics/suggest.js";
import { nested } from "../limits.js";
import { fail, inTemplate } from "../problem.js";
import { repr } from "../values/text.js";
import { Callable, type Py, PyObject, Undefined } from "../values/values.js";
import {
  type LoadedTemplate,
  Names,
  RenderedText,
  type Rendering,
  RootScope,
  Scope,
  type TemplateContext,
} from "./scope.js";

/** Executes a template. It sees `variables`, and sets its own there. Returns the context, which tells what it exports. */
export const executeTemplate = (
  template: LoadedTemplate,
  variables: Names,
  { rendering, out }: { readonly rendering: Rendering; readonly out: RenderedText },
): TemplateContext => {
  const { name, blocks } = template;
  const context = openContext({ name, rendering, blocks }, variables);
  executeRoot(template, context, out);
  return context;
};

/** A context with the same blocks, which also sees the variables of the loops and other tags around. */
export const derived = ({ name, rendering, blocks }: TemplateContext, scope: Scope): TemplateContext =>
  openContext({ name, rendering, blocks }, new Names(scope));

const openContext = (
  common: Pick<TemplateContext, "name" | "rendering" | "blocks">,
  variables: Names,
): TemplateContext => {
  const context = { ...common, variables };
  variables.set("self", new TemplateReference(context));
  return context;
};

/** Executes the text outside of blocks, then the template that this one extends, if it does. */
const executeRoot = (template: LoadedTemplate, context: TemplateContext, out: RenderedText): void =>
  nested(() => {
    const scope = new RootScope({ context, template });
    inTemplate(template, () => template.execute(scope, out));
    const { parent } = scope.frame;
    if (parent !== undefined) executeRoot(parent, context, out);
  });

/** One version of a block. */
interface BlockVersion {
  readonly context: TemplateContext;
  readonly name: string;
  /** 0 is the version of the child template, 1 that of its parent. */
  readonly level: number;
}

export const executeBlock = ({ context, name, level }: BlockVersion, out: RenderedText): void => {
  const block = context.blocks.get(name)?.[level] ?? fail(`there is no block called '${name}'`);
  const { template } = block;
  const scope = new Scope(context.variables, { context, template }, block.hidden);
  if (block.usesSuper) scope.set("super", above({ context, name, level }));
  nested(() => inTemplate(template, () => block.execute(scope, out)));
};

/** The version of a block in the next template above. */
const above = ({ context, name, level }: BlockVersion): Py => {
  if (context.blocks.get(name)?.[level + 1] === undefined)
    return new Undefined(`there is no parent block called '${name}'.`);
  return new BlockReference({ context, name, level: level + 1 });
};

/** The value of `super` and of `self.name`: calling it gives the block's text. */
class BlockReference extends Callable {
  override readonly type = "BlockReference";
  constructor(private readonly version: BlockVersion) {
    super(version.name, ({ positional, named }) => {
      if (positional.length + named.size > 0) fail(`the block '${version.name}' takes no arguments`);
      const out = new RenderedText();
      executeBlock(version, out);
      return out.text;
    });
  }
  override attribute(name: string): Py | undefined {
    if (name === "name") return this.version.name;
    return name === "super" ? above(this.version) : undefined;
  }
}

/** The value of `self`: the blocks of the template, by name. */
class TemplateReference extends PyObject {
  readonly type = "TemplateReference";
  constructor(private readonly context: TemplateContext) {
    super();
  }
  override repr(): string {
    return `<TemplateReference ${repr(this.context.name)}>`;
  }
  override item(name: Py): Py | undefined {
    const { context } = this;
    if (typeof name !== "string") return undefined;
    if (context.blocks.has(name)) return new BlockReference({ context, name, level: 0 });
    return new Undefined(`there is no block called '${name}'${didYouMean(name, context.blocks.keys())}`);
  }
}

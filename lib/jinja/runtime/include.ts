/** The compiler of `include`, `import` and `from`. */
import { fail } from "../problem.js";
import type { StatementOf } from "../syntax/ast.js";
import type { Py } from "../values/values.js";
import { executeTemplate } from "./execute.js";
import { compileExpression, located } from "./expressions.js";
import { firstLoaded, loaded } from "./load.js";
import { TemplateModule } from "./module.js";
import { type Execute, type LoadedTemplate, Names, RenderedText, RootScope, type Scope } from "./scope.js";

export const compileInclude = (node: StatementOf<"include">): Execute => {
  const name = compileExpression(node.template);
  const find = located(node.template.at, (scope) => firstLoaded(scope, name(scope), node.ignoreMissing));
  return (scope, out) => {
    const template = find(scope);
    if (template === undefined) return;
    const { rendering } = scope.frame.context;
    if (node.withContext) executeTemplate(template, new Names(scope), { rendering, out });
    // Jinja2 writes the text at once, before the text of the tag around it, or prints an address in its place.
    else if (node.captures !== undefined)
      fail(`\`without context\` is not supported inside \`${node.captures}\`: Jinja2 writes the text elsewhere`);
    else out.write(sharedModule(scope, template).text);
  };
};

export const compileImport = (node: StatementOf<"import">): Execute => {
  const module = compileModule(node);
  return (scope) => setImported(scope, node.target, module(scope));
};

export const compileFrom = (node: StatementOf<"from">): Execute => {
  const module = compileModule(node);
  return (scope) => {
    const from = module(scope);
    for (const [name, alias] of node.names) setImported(scope, alias, from.attribute(name));
  };
};

const compileModule = (node: StatementOf<"import" | "from">): ((scope: Scope) => TemplateModule) => {
  const name = compileExpression(node.template);
  const find = located(node.template.at, (scope) => loaded(scope, name(scope)));
  return (scope) => {
    const template = find(scope);
    // As in Jinja2, the module's macros do not see what this template sets after the import.
    return node.withContext ? moduleOf(template, scope.copy(), scope) : sharedModule(scope, template);
  };
};

/** A template does not export what it imports. */
const setImported = (scope: Scope, name: string, value: Py): void => {
  scope.set(name, value);
  if (scope instanceof RootScope) scope.frame.context.exported?.delete(name);
};

/** The module of a template without context. It executes once for each rendering, as in Jinja2. */
const sharedModule = (scope: Scope, template: LoadedTemplate): TemplateModule => {
  const { rendering } = scope.frame.context;
  const known = rendering.modules?.get(template);
  if (known !== undefined) return known;
  const module = moduleOf(template, new Names(rendering.globals), scope);
  rendering.modules ??= new Map();
  rendering.modules.set(template, module);
  return module;
};

const moduleOf = (template: LoadedTemplate, variables: Names, scope: Scope): TemplateModule => {
  const { rendering } = scope.frame.context;
  const out = new RenderedText();
  const { exported = [] } = executeTemplate(template, variables, { rendering, out });
  return new TemplateModule(
    template.name,
    out.text,
    new Map(Array.from(exported, (name) => [name, variables.get(name)])),
  );
};

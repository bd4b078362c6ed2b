/** `{% macro %}`: a function that a template defines. */
import { nested } from "../limits.js";
import { fail, inTemplate } from "../problem.js";
import type { Body, Statement } from "../syntax/ast.js";
import type { HiddenNames } from "../syntax/hidden.js";
import { mentions } from "../syntax/mentions.js";
import { Dict, Tuple } from "../values/containers.js";
import { Callable, type EvaluatedArguments, type Py, Undefined } from "../values/values.js";
import { compileExpression, type Evaluate } from "./expressions.js";
import { type Execute, RenderedText, type Scope } from "./scope.js";

type MacroNode = Extract<Statement, { readonly kind: "macro" }>;

/** Compiles a macro. `compileBody` is an argument, since a body may define macros itself. */
export const compileMacro = (
  node: MacroNode,
  hidden: HiddenNames,
  compileBody: (body: Body, hidden: HiddenNames) => Execute,
): ((scope: Scope) => Macro) => {
  const body = compileBody(node.body, hidden);
  const parameters = node.parameters.map(([name, fallback]) => ({
    name,
    fallback: fallback && compileExpression(fallback),
  }));
  const isParameter = (name: string): boolean => parameters.some((parameter) => parameter.name === name);
  const catches = {
    positional: mentions(node.body, "varargs") && !isParameter("varargs"),
    named: mentions(node.body, "kwargs") && !isParameter("kwargs"),
  };
  return (outer) =>
    new Macro(node.name, parameters, catches, (args) => {
      const { context, template } = outer.frame;
      const scope = outer.inner(hidden.get(node.body), { context, template });
      const out = new RenderedText();
      nested(() =>
        inTemplate(template, () => {
          bindParameters(scope, parameters, args);
          if (catches.positional) scope.set("varargs", new Tuple(args.positional.slice(parameters.length)));
          if (catches.named) scope.set("kwargs", new Dict(surplusKeywords(parameters, args)));
          body(scope, out);
        }),
      );
      return out.text;
    });
};

interface BoundParameter {
  readonly name: string;
  readonly fallback: Evaluate | undefined;
}

/** Whether a macro takes surplus arguments, because its body mentions `varargs` or `kwargs`. */
interface Catches {
  readonly positional: boolean;
  readonly named: boolean;
}

class Macro extends Callable {
  override readonly type = "Macro";
  constructor(
    name: string,
    private readonly parameters: readonly BoundParameter[],
    private readonly catches: Catches,
    run: (args: EvaluatedArguments) => Py,
  ) {
    super(name, (args) => {
      if (!catches.named)
        for (const [other] of surplusKeywords(parameters, args))
          fail(`macro '${name}' takes no keyword argument '${other}'`);
      if (!catches.positional && args.positional.length > parameters.length)
        fail(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
      return run(args);
    });
  }
  override repr(): string {
    return `<Macro '${this.name}'>`;
  }
  override attribute(name: string): Py | undefined {
    if (name === "name") return this.name;
    if (name === "arguments") return new Tuple(this.parameters.map((parameter) => parameter.name));
    if (name === "catch_varargs") return this.catches.positional;
    if (name === "catch_kwargs") return this.catches.named;
    return name === "caller" ? false : undefined;
  }
}

/** The keyword arguments that match no parameter, or a parameter that already has a value. */
const surplusKeywords = (
  parameters: readonly BoundParameter[],
  { positional, named }: EvaluatedArguments,
): [string, Py][] =>
  [...named].filter(([name]) => !parameters.slice(positional.length).some((parameter) => parameter.name === name));

const bindParameters = (
  scope: Scope,
  parameters: readonly BoundParameter[],
  { positional, named }: EvaluatedArguments,
): void => {
  // A default must not see an outer variable with the name of a later parameter.
  for (const { name } of parameters) scope.set(name, new Undefined(`parameter '${name}' was not provided`));
  for (const [index, { name, fallback }] of parameters.entries()) {
    const argument = index < positional.length ? positional[index] : named.get(name);
    if (argument !== undefined) scope.set(name, argument);
    else if (fallback !== undefined) scope.set(name, fallback(scope));
  }
};

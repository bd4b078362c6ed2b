/** `"…{}…".format(…)`: Python's format strings. */
import { boundedLength, boundedText } from "../limits.js";
import { fail } from "../problem.js";
import { withPlainDigits } from "../unicode/numeral.js";
import { Dict, isSequence } from "../values/containers.js";
import { repr, str } from "../values/text.js";
import { type EvaluatedArguments, type Py, typeName, Undefined } from "../values/values.js";
import { formatValue } from "./format-spec.js";

/** Reads attributes and items for a field such as `{0.name[key]}`. Undefined if the value has no such part. */
export interface FieldAccess {
  readonly attributeOf: (value: Py, name: string) => Py | undefined;
  readonly indexed: (value: Py, key: Py) => Py | undefined;
}

export const strFormat = (format: string, args: EvaluatedArguments, access: FieldAccess): string =>
  new Formatter(args, access).format(format, 2);

class Formatter {
  #next = 0;
  #manual: boolean | undefined;
  constructor(
    readonly args: EvaluatedArguments,
    readonly access: FieldAccess,
  ) {}

  format(format: string, depth: number): string {
    if (depth < 0) return fail("Max string recursion exceeded");
    let text = "";
    let index = 0;
    while (index < format.length) {
      const character = format.charAt(index);
      if (character !== "{" && character !== "}") {
        const end = format.slice(index).search(/[{}]/);
        text += end < 0 ? format.slice(index) : format.slice(index, index + end);
        index = end < 0 ? format.length : index + end;
      } else if (format.charAt(index + 1) === character) {
        text += character;
        index += 2;
      } else {
        const end = character === "}" ? -1 : fieldEnd(format, index);
        if (end < 0) return fail(`Single '${character}' encountered in format string`);
        text += this.#field(format.slice(index + 1, end), depth);
        index = end + 1;
        boundedLength(text.length);
      }
    }
    return boundedText(text);
  }

  #field(field: string, depth: number): string {
    const parts = /^((?:[^:![\]{]|\[[^\]]*\])*)(?:!([^:]*))?(?::([^]*))?$/.exec(field);
    if (parts === null) return fail(`the field '{${field}}' is not valid`);
    const [, name = "", conversion, spec = ""] = parts;
    let value = this.#value(name);
    if (conversion === "r" || conversion === "a") value = repr(value);
    else if (conversion === "s") value = str(value);
    else if (conversion !== undefined) return fail(`Unknown conversion specifier '${conversion}'`);
    return formatValue(value, spec.includes("{") || spec.includes("}") ? this.format(spec, depth - 1) : spec);
  }

  #value(name: string): Py {
    const head = /^[^.[]*/.exec(name)?.[0] ?? "";
    let value = this.#argument(head);
    let rest = name.slice(head.length);
    while (rest !== "") {
      const step = /^(?:\.([^.[]+)|\[([^\]]+)\])/.exec(rest);
      if (step === null) return fail("Empty attribute in format string");
      value = step[1] !== undefined ? this.#attribute(value, step[1]) : this.#item(value, step[2] ?? "");
      rest = rest.slice(step[0].length);
    }
    return value;
  }

  #argument(head: string): Py {
    const { positional, named } = this.args;
    const digits = withPlainDigits(head);
    if (head !== "" && !/^\d+$/.test(digits)) {
      const value = named.get(head);
      return value === undefined ? fail(repr(head)) : value;
    }
    const manual = head !== "";
    if (this.#manual !== undefined && this.#manual !== manual)
      return fail(
        manual
          ? "cannot switch from automatic field numbering to manual field specification"
          : "cannot switch from manual field specification to automatic field numbering",
      );
    this.#manual = manual;
    const index = manual ? Number(digits) : this.#next++;
    const value = positional[index];
    return value === undefined ? fail(`Replacement index ${index} out of range for positional args tuple`) : value;
  }

  #attribute(value: Py, name: string): Py {
    if (value instanceof Undefined) return value.refuse();
    const attribute = this.access.attributeOf(value, name);
    return attribute !== undefined ? attribute : fail(`'${typeName(value)}' object has no attribute '${name}'`);
  }

  #item(value: Py, key: string): Py {
    const digits = withPlainDigits(key);
    const index = /^\d+$/.test(digits) ? Number(digits) : key;
    const hasItems = value instanceof Dict || typeof value === "string" || isSequence(value);
    const item = hasItems ? this.access.indexed(value, index) : undefined;
    return item === undefined ? fail(`${repr(index)} is not in the value`) : item;
  }
}

/** The offset of the brace that closes the field, or -1. */
const fieldEnd = (format: string, start: number): number => {
  let open = 0;
  for (let index = start; index < format.length; index++) {
    if (format.charAt(index) === "{") open += 1;
    else if (format.charAt(index) === "}") open -= 1;
    if (open === 0) return index;
  }
  return start + 1 >= format.length ? -1 : fail("expected '}' before end of string");
};

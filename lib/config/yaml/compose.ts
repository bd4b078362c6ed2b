/** From text to a tree of YAML nodes, with a guard against what could only be meant to do harm. */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  Lexer,
  type Node,
  Parser,
  type YAMLError,
} from "yaml";
import type { Findings } from "../findings.js";
import type { Source } from "../source.js";

export interface DocumentTree {
  readonly root: Node;
  /** What each alias stands for: the last node with its anchor before it. */
  readonly aliases: ReadonlyMap<Alias, Node>;
}

const MAX_BYTES = 10_000_000;
/** Words, marks and the blanks between them: six times those of 10,000 runs with ten variables each. */
const MAX_TOKENS = 3_000_000;
/** How deep collections may be nested. */
export const MAX_DEPTH = 100;

/** The tree, or nothing where the text is no YAML or not to be trusted; that is then among the findings. */
export const treeOf = (source: Source, found: Findings): DocumentTree | undefined => {
  const { text, file } = source;
  if (Buffer.byteLength(text) > MAX_BYTES) {
    found.error("too-large", `the configuration is larger than ${MAX_BYTES / 1e6} MB; that cannot be meant`, { file });
    return undefined;
  }
  const tokens = parse(source, found);
  if (tokens === undefined) return undefined;
  const [document] = new Composer(OPTIONS).compose(tokens, true, text.length);
  const errors = document?.errors ?? [];
  // After the first one, what the parser did not expect mostly follows from it.
  for (const problem of errors.filter(({ code }, index) => index === 0 || code !== "UNEXPECTED_TOKEN").slice(0, 10))
    found.error("not-yaml", explained(problem, source), source.spot(problem.pos[0]));
  if (document === undefined || document.errors.length > 0) return undefined;
  return resolveAliases(document, source, found);
};

// Values are read by `values.ts`; here everything is text. Keys are compared there too, so that both places can be named.
const OPTIONS = { schema: "failsafe", version: "1.1", uniqueKeys: false, logLevel: "silent" } as const;

const resolveAliases = (document: Document.Parsed, source: Source, found: Findings): DocumentTree | undefined => {
  const { contents } = document;
  const aliases = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  const walk = (node: unknown): void => {
    if (isPair(node)) {
      walk(node.key);
      walk(node.value);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      const spot = source.spot(node.range?.[0]);
      if (target === undefined)
        found.error("unknown-alias", `there is no anchor \`&${node.source}\` before this`, spot);
      else if (open.has(target))
        found.error("recursive-alias", `\`*${node.source}\` stands inside what it names`, spot);
      else aliases.set(node, target);
    } else if (isNode(node)) {
      if ("anchor" in node && typeof node.anchor === "string") anchors.set(node.anchor, node);
      if (!isCollection(node)) return;
      open.add(node);
      for (const item of node.items) walk(item);
      open.delete(node);
    }
  };
  walk(contents);
  if (contents === null || (isScalar(contents) && contents.source === "")) {
    found.error("empty", "the configuration is empty; it has to be a mapping with the key `ensemble`", source.spot());
    return undefined;
  }
  return found.failed() ? undefined : { root: contents, aliases };
};

/**
 * The documents as the parser sees them. It is stopped as soon as there is too much: what comes after it recurses, and
 * a few million brackets would take all memory.
 */
const parse = (source: Source, found: Findings): readonly YamlToken[] | undefined => {
  const parser = new Parser();
  const tokens: YamlToken[] = [];
  const documents: YamlToken[] = [];
  const take = (token: YamlToken) => {
    tokens.push(token);
    if (token.type === "document") documents.push(token);
  };
  let parts = 0;
  for (const part of new Lexer().lex(source.text)) {
    for (const token of parser.next(part)) take(token);
    // The second document is enough to say so, and there may be a million.
    if (documents.length > 1) break;
    if (parser.stack.length > MAX_DEPTH + 1) {
      const message = `this is nested more than ${MAX_DEPTH} levels deep; that cannot be meant`;
      found.error("too-deep", message, source.spot(parser.offset - part.length));
      return undefined;
    }
    if (++parts > MAX_TOKENS) {
      const message = `the configuration holds more than ${MAX_TOKENS} words and marks; that cannot be meant`;
      found.error("too-large", message, source.spot());
      return undefined;
    }
  }
  for (const token of parser.end()) take(token);
  const [, second] = documents;
  if (second === undefined) return tokens;
  const message = "a second document starts here; a configuration is one: remove the `---`";
  found.error("several-documents", message, source.spot(second.offset));
  return undefined;
};

type YamlToken = ReturnType<Parser["parse"]> extends Iterable<infer T> ? T : never;

/** What the parser says, and what most often lies behind it. */
const explained = ({ code, message, pos }: YAMLError, source: Source): string => {
  const { excerpt = "" } = source.spot(pos[0]);
  const said = `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  if (/[:-]\s+\{\{/.test(excerpt)) return `${said}; a text that starts with \`{{\` needs quotes around all of it`;
  if (/\t/.test(excerpt.slice(0, excerpt.search(/[^\s]|$/)))) return `${said}; indent with blanks, not with tabs`;
  if (code === "BLOCK_AS_IMPLICIT_KEY") return `${said}; a text with \`: \` in it needs quotes around all of it`;
  if (/sufficiently indented/.test(message))
    return `${said}; indent the closing bracket as far as the key it belongs to`;
  if (code === "BAD_SCALAR_START") return `${said}; put the text in quotes`;
  return said;
};

/** Parses text into a tree of YAML nodes, within limits that keep a malicious file from exhausting the memory. */
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
import { oddSpaceIn } from "./odd-space.js";

export interface DocumentTree {
  readonly root: Node;
  /** The node that each alias stands for: the last node before the alias that has its anchor. */
  readonly aliases: ReadonlyMap<Alias, Node>;
}

/** 100,000 runs with ten variables each are 23 MB, and take 1.5 GB of memory: about as much as a login node grants. */
const MAX_BYTES = 32_000_000;
/** The most words, symbols and spaces between them: 100,000 runs with ten variables each have 8.4 million. */
const MAX_TOKENS = 12_000_000;
/** The deepest nesting of collections. */
export const MAX_DEPTH = 100;

/** The tree, or undefined and an error in `found` if the text is not YAML or exceeds a limit. */
export const treeOf = (source: Source, found: Findings): DocumentTree | undefined => {
  const { text, file } = source;
  if (Buffer.byteLength(text) > MAX_BYTES) {
    found.error("too-large", `the configuration is larger than the limit of ${MAX_BYTES / 1e6} MB`, { file });
    return undefined;
  }
  const tokens = parse(source, found);
  if (tokens === undefined) return undefined;
  const [document] = new Composer(OPTIONS).compose(tokens, true, text.length);
  const all = document?.errors ?? [];
  // If the first error comes from an odd space, all others may follow from it.
  const errors = all.slice(0, all[0] !== undefined && oddSpaceAt(all[0], source) !== undefined ? 1 : all.length);
  // Unexpected tokens after the first error mostly follow from it.
  for (const problem of errors.filter(({ code }, index) => index === 0 || code !== "UNEXPECTED_TOKEN").slice(0, 10))
    found.error("not-yaml", explained(problem, source), source.spot(problem.pos[0]));
  if (document === undefined || document.errors.length > 0) return undefined;
  return resolveAliases(document, source, found);
};

// Every scalar stays text: construct.ts makes the values, and compares the keys, to name both places of a duplicate.
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
        found.error("unknown-alias", `the alias \`*${node.source}\` has no anchor \`&${node.source}\` before it`, spot);
      else if (open.has(target))
        found.error("recursive-alias", `the alias \`*${node.source}\` stands inside the value that it refers to`, spot);
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
    found.error("empty", "the configuration is empty; it must be a mapping with the key `ensemble`", source.spot());
    return undefined;
  }
  return found.failed() ? undefined : { root: contents, aliases };
};

/**
 * The tokens of the document. Parsing stops as soon as a limit is exceeded: the composer recurses, and a few million
 * brackets would take all memory.
 */
const parse = (source: Source, found: Findings): readonly YamlToken[] | undefined => {
  const parser = new Parser();
  const tokens: YamlToken[] = [];
  const documents: YamlToken[] = [];
  const keep = (token: YamlToken) => {
    tokens.push(token);
    if (token.type === "document") documents.push(token);
  };
  let parts = 0;
  for (const part of new Lexer().lex(source.text)) {
    for (const token of parser.next(part)) keep(token);
    // The second document is enough for a message, and there may be a million.
    if (documents.length > 1) break;
    if (parser.stack.length > MAX_DEPTH + 1) {
      const message = `this is nested deeper than the limit of ${MAX_DEPTH} levels`;
      found.error("too-deep", message, source.spot(parser.offset - part.length));
      return undefined;
    }
    if (++parts > MAX_TOKENS) {
      const message = `the configuration has more words and symbols than the limit of ${MAX_TOKENS}`;
      found.error("too-large", message, source.spot());
      return undefined;
    }
  }
  for (const token of parser.end()) keep(token);
  const [, second] = documents;
  if (second === undefined) return tokens;
  const message = "a second YAML document starts here, and a configuration is a single one: remove the `---`";
  found.error("several-documents", message, source.spot(second.offset));
  return undefined;
};

type YamlToken = ReturnType<Parser["parse"]> extends Iterable<infer T> ? T : never;

const oddSpaceAt = ({ pos }: YAMLError, source: Source): string | undefined =>
  oddSpaceIn(/^\s*(?:- *)*/u.exec(source.spot(pos[0]).excerpt ?? "")?.[0] ?? "");

/** The parser's message, with a hint at its most frequent cause. */
const explained = (error: YAMLError, source: Source): string => {
  const { code, message, pos } = error;
  const odd = oddSpaceAt(error, source);
  if (odd !== undefined)
    return `this is not valid YAML: the line is indented with ${odd}, which YAML does not read as a space; replace it`;
  const { excerpt = "" } = source.spot(pos[0]);
  const problem = `this is not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  const after = oddSpaceIn(/:(\s+)/u.exec(excerpt)?.[1] ?? "");
  if (after !== undefined) return `${problem}; after the \`:\` stands ${after}, which YAML does not read as a space`;
  if (/[:-]\s+\{\{/.test(excerpt)) return `${problem}; a string that starts with \`{{\` needs quotes around all of it`;
  if (/\t/.test(excerpt.slice(0, excerpt.search(/[^\s]|$/)))) return `${problem}; indent with spaces, not with tabs`;
  if (code === "BLOCK_AS_IMPLICIT_KEY")
    return `${problem}; a string that contains \`: \` needs quotes around all of it`;
  if (/sufficiently indented/.test(message)) return `${problem}; indent the closing bracket at least as far as its key`;
  if (code === "BAD_SCALAR_START") return `${problem}; put the string in quotes`;
  return problem;
};

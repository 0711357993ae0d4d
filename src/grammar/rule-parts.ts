/**
 * Grammars made of rules (GBNF, Lark) as nodes. A rule without recursion is copied into the rules that use it. Only
 * recursion, and a JSON schema, need a stack.
 */
import { Problem, show } from "../errors.ts";
import { NEVER, type Nodes, UNLIMITED } from "./nodes.ts";
import { ANY, type CodePoints } from "./regex/code-points.ts";
import { regexNode } from "./regex/compile.ts";
import type { Regex } from "./regex/syntax.ts";
import { utf8Node } from "./regex/utf8.ts";
import type { Rules } from "./rules.ts";
import { idsOfToken, type TokenNames, tokenNode } from "./token-parts.ts";

/** Maximum parts of a rule that are copied into other rules; a larger rule is called. */
const INLINED_MAX = 20_000;

/** The parts of rules. `and`, `not` and `lazy` must not contain a call of a rule. */
export type Part =
  | { readonly type: "set"; readonly set: CodePoints }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "token"; readonly text: string }
  | { readonly type: "rule"; readonly name: string; readonly at: number }
  | { readonly type: "seq"; readonly items: readonly Part[] }
  | { readonly type: "alt"; readonly branches: readonly Part[] }
  | { readonly type: "repeat"; readonly item: Part; readonly min: number; readonly max: number }
  | { readonly type: "regex"; readonly regex: Regex }
  | { readonly type: "json"; readonly schema: unknown; readonly at: number }
  | { readonly type: "and"; readonly parts: readonly Part[] }
  | { readonly type: "not"; readonly item: Part }
  | { readonly type: "lazy"; readonly item: Part };

/** A grammar that was read. */
export interface RuleGrammar {
  readonly rules: ReadonlyMap<string, Part>;
  /** the rule of the whole text */
  readonly root: string;
  /** name of the grammar in errors: "a GBNF grammar" */
  readonly what: string;
  readonly source: string;
}

/** The context in which rules are compiled. */
export interface RuleParts {
  readonly nodes: Nodes;
  readonly rules: Rules;
  readonly tokens: TokenNames;
  /** the node of a JSON schema; undefined where grammars have no schemas */
  schemaNode?(schema: unknown): Generator<undefined, number>;
}

/** The node of the root. */
export function ruleGrammarNode(parts: RuleParts, grammar: RuleGrammar): Generator<undefined, number> {
  return new RuleNodes(parts, grammar).root();
}

class RuleNodes {
  readonly #parts: RuleParts;
  readonly #nodes: Nodes;
  readonly #rules: Rules;
  readonly #grammar: RuleGrammar;
  readonly #parsed: ReadonlyMap<string, Part>;
  readonly #recursive: ReadonlySet<string>;
  /** of the rules without recursion */
  readonly #inlined = new Map<string, number>();
  readonly #called = new Map<string, number>();

  constructor(parts: RuleParts, grammar: RuleGrammar) {
    this.#parts = parts;
    this.#nodes = parts.nodes;
    this.#rules = parts.rules;
    this.#grammar = grammar;
    this.#parsed = grammar.rules;
    this.#recursive = recursiveAmong(grammar.rules);
  }

  *root(): Generator<undefined, number> {
    const { root, what, source } = this.#grammar;
    if (!this.#parsed.has(root))
      throw new Problem("grammar_invalid", `${what} needs a rule named ${root}, got ${show(source)}`);
    for (const name of this.#recursive) this.#called.set(name, this.#rules.declare(`the rule ${name}`));
    for (const [name, rule] of this.#called) {
      this.#rules.define(rule, yield* this.#node(this.#bodyOf(name, 0), false));
    }
    return yield* this.#named(root, 0);
  }

  #bodyOf(name: string, at: number): Part {
    const body = this.#parsed.get(name);
    if (body !== undefined) return body;
    throw new Problem("grammar_invalid", `there is no rule ${show(name)}, used at character ${at}`);
  }

  *#named(name: string, at: number): Generator<undefined, number> {
    const called = this.#called.get(name);
    if (called !== undefined) return this.#nodes.call(called);
    const known = this.#inlined.get(name);
    if (known !== undefined) return known;
    const before = this.#nodes.count;
    const node = yield* this.#node(this.#bodyOf(name, at), !this.#leadsToRecursion(name));
    if (this.#nodes.count - before > INLINED_MAX) {
      const rule = this.#rules.declare(`the rule ${name}`);
      this.#rules.define(rule, node);
      this.#called.set(name, rule);
      return this.#nodes.call(rule);
    }
    this.#inlined.set(name, node);
    return node;
  }

  readonly #leading = new Map<string, boolean>();

  #leadsToRecursion(name: string): boolean {
    const known = this.#leading.get(name);
    if (known !== undefined) return known;
    this.#leading.set(name, false);
    const body = this.#parsed.get(name);
    const leads = this.#recursive.has(name) || (body !== undefined && this.#needsStack(body));
    this.#leading.set(name, leads);
    return leads;
  }

  /** True when a part calls a rule; other parts are pieces that need no stack. */
  #needsStack(part: Part): boolean {
    return holdsSchema(part) || namesIn(part).some((name) => this.#leadsToRecursion(name));
  }

  *#all(parts: readonly Part[], is_word: boolean): Generator<undefined, number[]> {
    const made: number[] = [];
    for (const part of parts) made.push(yield* this.#node(part, is_word));
    return made;
  }

  #anyText(): number {
    return this.#nodes.wordRepeat(utf8Node(this.#nodes, ANY), 0, UNLIMITED);
  }

  /** The texts of a piece without those that begin with another text of the piece. */
  #shortest(node: number): number {
    const nodes = this.#nodes;
    const more = nodes.word(utf8Node(nodes, ANY), this.#anyText());
    return nodes.and([node, nodes.not(nodes.word(node, more))]);
  }

  /** `is_word`: no part below calls a rule, so no stack is needed. */
  *#node(part: Part, is_word: boolean): Generator<undefined, number> {
    const nodes = this.#nodes;
    if (nodes.effort.isDue()) yield;
    switch (part.type) {
      case "set":
        return utf8Node(nodes, part.set);
      case "text":
        return yield* nodes.longText(UTF8.encode(part.text));
      case "token":
        return yield* tokenNode(nodes, idsOfToken(part.text, this.#parts.tokens));
      case "rule":
        return yield* this.#named(part.name, part.at);
      case "alt":
        return yield* nodes.either(yield* this.#all(part.branches, is_word));
      case "seq":
        return yield* nodes.chain(is_word ? "word" : "seq", yield* this.#all(part.items, is_word));
      case "repeat": {
        const item = yield* this.#node(part.item, is_word);
        const is_plain = is_word || !this.#needsStack(part.item);
        return is_plain ? nodes.wordRepeat(item, part.min, part.max) : nodes.repeat(item, part.min, part.max);
      }
      case "regex":
        return yield* regexNode(nodes, part.regex, (set) => utf8Node(nodes, set));
      case "json":
        return (yield* this.#parts.schemaNode?.(part.schema) ?? nothing()) ?? NEVER;
      case "and":
        return nodes.and(yield* this.#all(part.parts, true));
      case "not":
        return nodes.and([this.#anyText(), nodes.not(yield* this.#node(part.item, true))]);
      case "lazy":
        return this.#shortest(yield* this.#node(part.item, true));
    }
  }
}

const UTF8 = new TextEncoder();

function* nothing(): Generator<undefined, undefined> {}

/** The direct parts of a part. */
export function partsIn(part: Part): readonly Part[] {
  switch (part.type) {
    case "alt":
      return part.branches;
    case "seq":
      return part.items;
    case "and":
      return part.parts;
    case "repeat":
    case "not":
    case "lazy":
      return [part.item];
    default:
      return [];
  }
}

function namesIn(part: Part): string[] {
  return part.type === "rule" ? [part.name] : partsIn(part).flatMap(namesIn);
}

function holdsSchema(part: Part): boolean {
  return part.type === "json" || partsIn(part).some(holdsSchema);
}

/** Rules that can call themselves: the strongly connected components of the call graph (Tarjan). */
function recursiveAmong(parsed: ReadonlyMap<string, Part>): ReadonlySet<string> {
  const recursive = new Set<string>();
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const stacked = new Set<string>();
  const visit = (name: string): void => {
    order.set(name, order.size);
    low.set(name, order.get(name)!);
    stack.push(name);
    stacked.add(name);
    const body = parsed.get(name);
    for (const inner of body === undefined ? [] : namesIn(body)) {
      if (!parsed.has(inner)) continue;
      if (inner === name) recursive.add(name);
      if (!order.has(inner)) visit(inner);
      if (stacked.has(inner)) low.set(name, Math.min(low.get(name)!, low.get(inner)!));
    }
    if (low.get(name) !== order.get(name)) return;
    const component = stack.splice(stack.lastIndexOf(name));
    for (const member of component) stacked.delete(member);
    if (component.length > 1) for (const member of component) recursive.add(member);
  };
  for (const name of parsed.keys()) if (!order.has(name)) visit(name);
  return recursive;
}

/**
 * Lark, in llguidance's dialect, as nodes. The grammar admits every division of a text into lexemes. llguidance takes
 * the longest match for each lexeme; this implementation does not.
 */
import { Problem } from "../../errors.ts";
import { loadProperties } from "../regex/properties.ts";
import { type Part, partsIn, type RuleParts, ruleGrammarNode } from "../rule-parts.ts";
import { withIgnored } from "./ignoring.ts";
import { isTerminal, LarkParser } from "./parser.ts";

const START = "start";

export function* larkNode(parts: RuleParts, source: string): Generator<undefined, number> {
  yield* loadProperties(source, parts.nodes.effort);
  const grammar = yield* new LarkParser(source).parse(parts.nodes.effort);
  for (const [name, body] of grammar.rules)
    if (isTerminal(name)) requireFlat(name, body, grammar.rules, new Set());
  for (const body of [...grammar.rules.values(), ...grammar.ignored]) requireWords(body, grammar.rules);
  const { rules, root } = grammar.rules.has(START)
    ? withIgnored(grammar, START)
    : { rules: grammar.rules, root: START };
  return yield* ruleGrammarNode(parts, { rules, root, what: "a Lark grammar", source });
}

/** A terminal is a regular expression. It may use other terminals but must not refer to itself. */
function requireFlat(name: string, part: Part, rules: ReadonlyMap<string, Part>, seen: Set<string>): void {
  if (part.type === "json" || part.type === "token")
    throw new Problem(
      "grammar_invalid",
      `the terminal ${name} cannot hold ${part.type === "json" ? "%json" : "a special token"}: rules can`,
    );
  if (part.type === "rule") {
    if (!isTerminal(part.name) || part.name === name)
      throw new Problem(
        "grammar_invalid",
        `the terminal ${name} cannot use ${part.name}: it may use other terminals`,
      );
    const body = rules.get(part.name);
    if (body === undefined || seen.has(part.name)) return;
    seen.add(part.name);
    requireFlat(name, body, rules, seen);
  }
  for (const inner of partsIn(part)) requireFlat(name, inner, rules, seen);
}

/** `&`, `~` and lazy rules need regular expressions. */
function requireWords(part: Part, rules: ReadonlyMap<string, Part>): void {
  if (part.type === "and" || part.type === "not" || part.type === "lazy")
    requireFlat("of &, ~ or lazy", part, rules, new Set());
  else for (const inner of partsIn(part)) requireWords(inner, rules);
}

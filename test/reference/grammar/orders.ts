/**
 * Checks whether a grammar accepts a JSON value in one of the orders of its properties, written as JSON.stringify does.
 */
import type { Grammar } from "../../../src/grammar/grammar.ts";
import { NEVER } from "../../../src/grammar/nodes.ts";

const UTF8 = new TextEncoder();

type Write = (value: unknown) => string;

/** `write`: writes a value that is neither an object nor a list. */
export function takesValue(
  grammar: Grammar,
  value: unknown,
  write: (value: unknown) => string = JSON.stringify,
): boolean {
  for (const state of behind(grammar, write, new Set([grammar.start]), value))
    if (grammar.automaton.nullable(state)) return true;
  return false;
}

/** The states in which a grammar may be after a value. */
function behind(
  grammar: Grammar,
  write: Write,
  from: ReadonlySet<number>,
  value: unknown,
): ReadonlySet<number> {
  if (typeof value !== "object" || value === null) return behindText(grammar, from, write(value));
  if (!Array.isArray(value)) return behindObject(grammar, write, from, Object.entries(value));
  let states = behindText(grammar, from, "[");
  for (const [i, item] of value.entries())
    states = behind(grammar, write, i === 0 ? states : behindText(grammar, states, ","), item);
  return behindText(grammar, states, "]");
}

/** By the set of properties so far: each set is reached from the sets with one property less. */
function behindObject(
  grammar: Grammar,
  write: Write,
  from: ReadonlySet<number>,
  members: readonly (readonly [string, unknown])[],
): ReadonlySet<number> {
  const all = 2 ** members.length - 1;
  const reached = Array.from({ length: all + 1 }, () => new Set<number>());
  for (const state of behindText(grammar, from, "{")) reached[0]!.add(state);
  for (let come = 0; come < all; come++) {
    if (reached[come]!.size === 0) continue;
    for (const [i, [name, own]] of members.entries()) {
      if (((come >> i) & 1) === 1) continue;
      const comma = come === 0 ? "" : ",";
      const named = behindText(grammar, reached[come]!, `${comma}${JSON.stringify(name)}:`);
      for (const state of behind(grammar, write, named, own)) reached[come | (1 << i)]!.add(state);
    }
  }
  return behindText(grammar, reached[all]!, "}");
}

function behindText(grammar: Grammar, from: ReadonlySet<number>, text: string): ReadonlySet<number> {
  const bytes = UTF8.encode(text);
  const states = new Set<number>();
  for (const state of from) {
    const next = grammar.advance(state, bytes);
    if (next !== NEVER) states.add(next);
  }
  return states;
}

/** Matches a text against an expression by an automaton, in time linear in the length of the text. */
import { Automaton } from "../automaton.ts";
import type { Effort } from "../effort.ts";
import { NEVER, Nodes } from "../nodes.ts";
import { matched, searched } from "./anchors.ts";
import { regexNode } from "./compile.ts";
import { readRegex } from "./syntax.ts";
import { utf8Node } from "./utf8.ts";

const NODES_MAX = 100_000;
const TABLE_MAX = 1_000_000;
const UTF8 = new TextEncoder();

/**
 * Makes a matcher, in pieces. `search`: the match may be anywhere in the text; otherwise it is the whole text. A match
 * may pause if the caller allows it; when restarted it reuses what it has learnt.
 */
export function* matcherOf(
  source: string,
  search: boolean,
  effort: Effort,
): Generator<undefined, (text: string) => boolean> {
  const nodes = new Nodes(NODES_MAX, effort);
  const parsed = yield* readRegex(source, effort);
  const regex = search ? searched(parsed) : matched(parsed);
  const root = yield* regexNode(nodes, regex, (set) => utf8Node(nodes, set));
  const automaton = new Automaton(nodes, [], TABLE_MAX);
  automaton.seal();
  return (text) => {
    if (automaton.is_crowded) automaton.forget();
    let state = root;
    effort.spend(text.length);
    for (const byte of UTF8.encode(text)) {
      state = automaton.step(state, byte);
      if (state === NEVER) return false;
    }
    return automaton.nullable(state);
  };
}

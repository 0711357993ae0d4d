/** Whether a text matches an expression, by an automaton: no text takes longer than its length says. */
import { allAtOnce } from "../../pieces.ts";
import { Automaton } from "../automaton.ts";
import { NEVER, Nodes } from "../nodes.ts";
import { matched, searched } from "./anchors.ts";
import { regexNode } from "./compile.ts";
import { parseRegex } from "./syntax.ts";
import { utf8Node } from "./utf8.ts";

const NODES_MAX = 100_000;
const TABLE_MAX = 1_000_000;
const UTF8 = new TextEncoder();

/** `search`: anywhere in the text; else the text as a whole. */
export function matcherOf(source: string, search: boolean): (text: string) => boolean {
  const nodes = new Nodes(NODES_MAX);
  const regex = search ? searched(parseRegex(source)) : matched(parseRegex(source));
  const root = allAtOnce(regexNode(nodes, regex, (set) => utf8Node(nodes, set)));
  const automaton = new Automaton(nodes, [], TABLE_MAX);
  automaton.seal();
  return (text) => {
    if (automaton.is_crowded) automaton.forget();
    let state = root;
    for (const byte of UTF8.encode(text)) {
      state = automaton.step(state, byte);
      if (state === NEVER) return false;
    }
    return automaton.nullable(state);
  };
}

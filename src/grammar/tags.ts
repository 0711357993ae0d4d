/**
 * Structural tags: free text, then a trigger that starts one of several tags, then free text again. A tag is its
 * beginning, a content that a grammar constrains, and its end. Tool calls have this form, and so have answers after
 * reasoning (XGrammar's triggered tags; vLLM's structural_tag; llama.cpp's lazy grammars).
 *
 * free text:  Fᵢ → byte Fⱼ | last byte of a trigger, rest of one of its tags, F₀ | the end      i, j: states of the
 * search
 *
 * Each rule calls the next one at its end, so free text of any length needs no stack.
 */
import { Problem, show } from "../errors.ts";
import { bytesAmong } from "./byte-set.ts";
import { EMPTY, type Nodes } from "./nodes.ts";
import type { Rules } from "./rules.ts";
import { hiddenAmong, type Search, searchFor, TRIGGER_BYTES_MAX } from "./triggers.ts";

/** A tag. The caller compiles the content; undefined: any text up to the end. */
export interface Tag<Content> {
  readonly begin: string;
  readonly content: Content | undefined;
  readonly end: string;
}

export interface Tags<Content> {
  readonly tags: readonly Tag<Content>[];
  /** each is a prefix of the `begin` of one tag or several; undefined: each `begin` is a trigger */
  readonly triggers: readonly string[] | undefined;
  /** true: the text begins with a tag, without free text before it */
  readonly at_least_one: boolean;
  /** true: the text ends after the first tag */
  readonly stop_after_first: boolean;
}

/** The bytes of a text, with special tokens spelled as in grammars. */
export type Encode = (text: string) => Uint8Array;

/** The node of the whole text. Pointers of Problems are relative to the list of tags. */
export function* tagsNode<Content>(
  nodes: Nodes,
  rules: Rules,
  { tags, triggers: given, at_least_one, stop_after_first }: Tags<Content>,
  encode: Encode,
  contentNode: (content: Content, index: number) => Generator<undefined, number>,
): Generator<undefined, number> {
  const triggers = given ?? [...new Set(tags.map(({ begin }) => begin))];
  const encoded = triggers.map(encode);
  const dispatched = dispatch(tags, triggers, encode);
  const search = searchFor(encoded);
  const free = Array.from({ length: search.states }, () => rules.declare("free text"));
  const behind = stop_after_first ? EMPTY : nodes.call(free[0]!);
  const rests: number[] = [];
  for (const [trigger, indexes] of dispatched.entries()) {
    const { length } = encoded[trigger]!;
    const branches: number[] = [];
    for (const index of indexes) {
      const { begin, content, end } = tags[index]!;
      const rest = yield* nodes.longText(encode(begin).subarray(length));
      if (content === undefined) branches.push(nodes.seq(rest, anyText(nodes, rules, encode(end), behind)));
      else {
        const inner = yield* contentNode(content, index);
        branches.push(nodes.seq(rest, inner, nodes.seq(yield* nodes.longText(encode(end)), behind)));
      }
    }
    const rule = rules.declare(`the tags behind ${show(triggers[trigger])}`);
    rules.define(rule, nodes.alt(branches));
    rests.push(nodes.call(rule));
  }
  for (const [state, rule] of free.entries()) {
    rules.define(rule, nodes.alt([EMPTY, bytesIn(nodes, search, state, free, rests)]));
    if (nodes.effort.isDue()) yield;
  }
  if (!at_least_one) return nodes.call(free[0]!);
  return nodes.alt(triggers.map((trigger, i) => nodes.seq(nodes.literal(encode(trigger)), rests[i]!)));
}

/** Any text up to the first `end`, then `behind`. With an empty end: all remaining text. */
function anyText(nodes: Nodes, rules: Rules, end: Uint8Array, behind: number): number {
  if (end.length === 0) return nodes.all();
  const search = searchFor([end]);
  const states = Array.from({ length: search.states }, () => rules.declare("any text"));
  for (const [state, rule] of states.entries())
    rules.define(rule, bytesIn(nodes, search, state, states, [behind]));
  return nodes.call(states[0]!);
}

/**
 * A byte in a state of the search, followed by the next state, or by what follows the trigger that this byte completes.
 */
function bytesIn(
  nodes: Nodes,
  search: Search,
  state: number,
  states: readonly number[],
  behind: readonly number[],
): number {
  const bytes = new Map<number, number[]>(); // by what follows them
  for (let byte = 0; byte < 256; byte++) {
    const step = search.step(state, byte);
    const next = "trigger" in step ? behind[step.trigger]! : nodes.call(states[step.state]!);
    const known = bytes.get(next);
    if (known === undefined) bytes.set(next, [byte]);
    else known.push(byte);
  }
  return nodes.alt(Array.from(bytes, ([next, those]) => nodes.seq(nodes.set(bytesAmong(those)), next)));
}

/** The tags of each trigger. Throws a Problem when a tag has no trigger or several, or a trigger has no tag. */
function dispatch(tags: readonly Tag<unknown>[], triggers: readonly string[], encode: Encode): number[][] {
  const encoded = triggers.map(encode);
  const bytes = encoded.reduce((total, { length }) => total + length, 0);
  if (bytes > TRIGGER_BYTES_MAX)
    throw new Problem(
      "grammar_too_large",
      `triggers may have at most ${TRIGGER_BYTES_MAX} bytes together, got ${bytes}`,
    );
  const hidden = hiddenAmong(encoded);
  if (hidden !== undefined)
    throw new Problem(
      "grammar_invalid",
      `a trigger must not contain another one, which is always complete first; ${show(triggers[hidden.trigger])} contains ${show(triggers[hidden.by])}`,
    );
  const dispatched: number[][] = triggers.map(() => []);
  for (const [index, { begin }] of tags.entries()) {
    const beginning = encode(begin);
    const trigger = encoded.findIndex((text) => text.every((byte, i) => beginning[i] === byte));
    if (trigger < 0)
      throw new Problem(
        "grammar_invalid",
        `the begin of a tag must begin with a trigger; ${show(begin)} begins with none`,
        `/${index}/begin`,
      );
    dispatched[trigger]!.push(index);
  }
  const unused = dispatched.findIndex((indexes) => indexes.length === 0);
  if (unused >= 0)
    throw new Problem(
      "grammar_invalid",
      `a trigger must begin the begin of a tag; ${show(triggers[unused])} begins none`,
    );
  return dispatched;
}

/**
 * The shortest text that completes each state, and the fewest tokens that spell it.
 *
 * Among equally short texts it is the first in the order of bytes. The shortest text after its first token is therefore
 * the rest of it, so a step that keeps its budget leaves a completion for the next step too.
 */
import { tokenLengthsAt } from "../vocabulary/lookup.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import type { Automaton } from "./automaton.ts";
import { KIND, NEVER } from "./nodes.ts";

/** Longer texts count as out of reach. */
const TEXT_BYTES_MAX = 4096;
/** Maximum states that the search through AND and NOT visits. */
const SEARCH_STATES_MAX = 16_384;

/** No text completes the state, or only texts longer than the limit. */
export const OUT_OF_REACH = Number.POSITIVE_INFINITY;

export class Completion {
  readonly #automaton: Automaton;
  /** by rule; undefined until it is known */
  readonly #rules: (Uint8Array | undefined)[] = [];
  readonly #known = new Map<number, Uint8Array | undefined>();
  #bytes = 0;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
  }

  /** Approximate bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Drops results for states that are forgotten. */
  forget(): void {
    this.#known.clear();
    this.#bytes = 0;
  }

  /** The shortest text of each rule, by passes that are repeated until no text becomes shorter. */
  *prepare(): Generator<undefined, void> {
    const { rules, nodes } = this.#automaton;
    if (this.#rules.length === rules.length) return;
    const found: (Uint8Array | undefined)[] = rules.map(() => undefined);
    const order = rules.map((_, rule) => rule);
    for (let changed = true; changed; order.reverse()) {
      changed = false;
      for (const rule of order) {
        const text = this.#shortestWith(rules[rule]!, found, new Map());
        if (nodes.effort.isDue()) yield;
        if (text === undefined || !isBefore(text, found[rule])) continue;
        found[rule] = text;
        changed = true;
      }
    }
    this.#rules.push(...found);
  }

  /** The shortest text that completes a state; undefined when it is out of reach. Call `prepare` first. */
  textOf(state: number): Uint8Array | undefined {
    if (this.#known.has(state)) return this.#known.get(state);
    if (this.#bytes > KEPT_BYTES_MAX) this.forget();
    return this.#shortestWith(state, this.#rules, this.#known);
  }

  #shortestWith(
    node: number,
    rules: readonly (Uint8Array | undefined)[],
    known: Map<number, Uint8Array | undefined>,
  ): Uint8Array | undefined {
    if (known.has(node)) return known.get(node);
    const text = this.#find(node, rules, (part) => this.#shortestWith(part, rules, known));
    this.#automaton.nodes.effort.spend(1 + ((text?.length ?? 0) >>> 2));
    known.set(node, text);
    if (known === this.#known) this.#bytes += BYTES_OF_A_TEXT + (text?.length ?? 0);
    return text;
  }

  #find(
    node: number,
    rules: readonly (Uint8Array | undefined)[],
    of: (part: number) => Uint8Array | undefined,
  ): Uint8Array | undefined {
    const { nodes } = this.#automaton;
    const a = nodes.a[node]!;
    switch (nodes.kind[node]) {
      case KIND.empty:
        return NOTHING;
      case KIND.set:
        return Uint8Array.of(firstByte(nodes.sets[a]!));
      case KIND.seq:
      case KIND.word:
        return joined(of(a), of(nodes.b[node]!));
      case KIND.alt:
        return nodes.partsOf(node).map(of).reduce(shorter, undefined);
      case KIND.repeat:
      case KIND.word_repeat:
        return repeated(of(a), nodes.b[node]!);
      case KIND.call:
        return rules[a];
      case KIND.and:
      case KIND.not:
        return this.#search(node);
      default:
        return undefined;
    }
  }

  /** The first text in the order of length, then of bytes, found by a search through the states. */
  #search(node: number): Uint8Array | undefined {
    const automaton = this.#automaton;
    const from = new Map<number, readonly [state: number, byte: number]>([[node, [NEVER, 0]]]);
    const queue = [node];
    for (let at = 0; at < queue.length && queue.length <= SEARCH_STATES_MAX; at++) {
      const state = queue[at]!;
      if (automaton.nullable(state)) return wayTo(state, from);
      for (const [byte, byte_class] of automaton.classesInOrder) {
        const next = automaton.next(state, byte_class);
        if (next === NEVER || from.has(next)) continue;
        from.set(next, [state, byte]);
        queue.push(next);
      }
    }
    return undefined;
  }
}

/** Bytes of texts that are kept. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const NOTHING = new Uint8Array(0);
/** Bytes of an entry of a map and of its array. */
const BYTES_OF_A_TEXT = 120;

function wayTo(
  end: number,
  from: ReadonlyMap<number, readonly [state: number, byte: number]>,
): Uint8Array | undefined {
  const bytes: number[] = [];
  for (let state = end; ; ) {
    const step = from.get(state);
    if (step === undefined || step[0] === NEVER) break;
    bytes.push(step[1]);
    state = step[0];
  }
  return bytes.length > TEXT_BYTES_MAX ? undefined : Uint8Array.from(bytes.reverse());
}

function firstByte(set: Uint32Array): number {
  for (let byte = 0; byte < 256; byte++) if (((set[byte >>> 5]! >>> (byte & 31)) & 1) === 1) return byte;
  return 0; // a set has a byte
}

function joined(left: Uint8Array | undefined, right: Uint8Array | undefined): Uint8Array | undefined {
  if (left === undefined || right === undefined || left.length + right.length > TEXT_BYTES_MAX)
    return undefined;
  if (left.length === 0 || right.length === 0) return left.length === 0 ? right : left;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function repeated(text: Uint8Array | undefined, times: number): Uint8Array | undefined {
  if (times === 0 || text?.length === 0) return NOTHING;
  if (text === undefined || text.length * times > TEXT_BYTES_MAX) return undefined;
  const all = new Uint8Array(text.length * times);
  for (let i = 0; i < times; i++) all.set(text, i * text.length);
  return all;
}

function shorter(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return b !== undefined && isBefore(b, a) ? b : a;
}

/** True when a text is shorter than another one, or equally long and first in the order of bytes. */
function isBefore(text: Uint8Array, other: Uint8Array | undefined): boolean {
  if (other === undefined || text.length !== other.length)
    return other === undefined || text.length < other.length;
  for (let i = 0; i < text.length; i++) if (text[i] !== other[i]) return text[i]! < other[i]!;
  return false;
}

/** The fewest tokens of a vocabulary that spell a text; OUT_OF_REACH when no tokens spell it. */
export function fewestTokens(vocabulary: Vocabulary, text: Uint8Array): number {
  const fewest = new Float64Array(text.length + 1).fill(OUT_OF_REACH);
  fewest[text.length] = 0;
  for (let begin = text.length - 1; begin >= 0; begin--)
    for (const length of tokenLengthsAt(vocabulary, text, begin))
      fewest[begin] = Math.min(fewest[begin]!, fewest[begin + length]! + 1);
  return fewest[0]!;
}

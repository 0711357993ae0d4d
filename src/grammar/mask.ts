/**
 * Which tokens may come next in a state: the automaton walks the tree of their bytes. A state is a head, the piece that
 * is being matched, and what lies below it on the stack. What a head allows by itself is found once for all stacks; only
 * tokens that reach past its end are looked at for each stack (XGrammar's division, 2411.15100).
 */

import { allAtOnce } from "../pieces.ts";
import { SHORT_BYTES, type Tokens } from "../vocabulary/tokens.ts";
import type { Trie } from "../vocabulary/trie.ts";
import type { Automaton } from "./automaton.ts";
import { isPause } from "./effort.ts";
import { KIND, NEVER } from "./nodes.ts";
import type { PlainStates } from "./plain-states.ts";

/** What a head allows: tokens whatever lies below, and where tokens reach past its end. */
interface Head {
  readonly mask: Uint32Array;
  readonly crossings: readonly Crossing[];
}

/** A node of the tree that the head itself cannot take, though it may have ended `ended` bytes into the token. */
interface Crossing {
  readonly trie: Trie;
  readonly node: number;
  readonly ended: number;
}

/** Bytes that a crossing takes, about. */
const CROSSING_BYTES = 40;

/** Words of masks that are put together while a byte is looked up, about. */
const WORDS_A_UNIT = 8;

export class Masks {
  readonly #automaton: Automaton;
  readonly #plain: PlainStates;
  readonly #tokens: Tokens;
  readonly #bytes_max: number;
  readonly #heads = new Map<number, Head>();
  readonly #masks = new Map<number, Uint32Array>();
  /** of short tokens, by states whose counts are cut to them */
  readonly #short = new Map<number, Uint32Array>();
  readonly #path: Int32Array;
  /** 1 where the head may have ended on the way to a depth, or there */
  readonly #ended: Uint8Array;
  #bytes = 0;

  constructor(automaton: Automaton, plain: PlainStates, tokens: Tokens, bytes_max: number) {
    this.#automaton = automaton;
    this.#plain = plain;
    this.#tokens = tokens;
    this.#bytes_max = bytes_max;
    const depth_max = tokens.vocabulary.token_bytes_max;
    this.#path = new Int32Array(depth_max + 2);
    this.#ended = new Uint8Array(depth_max + 2);
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the mask of this state is there. */
  has(state: number): boolean {
    return this.#masks.has(this.#keyOf(state));
  }

  /** States with one key have one mask. */
  #keyOf(state: number): number {
    return this.#plain.shortened(state, this.#tokens.vocabulary.token_bytes_max);
  }

  /** The tokens with bytes that may come in this state; the mask is kept and must not be written to. */
  of(state: number): Uint32Array {
    const known = this.#masks.get(this.#keyOf(state));
    if (known !== undefined) return known;
    return allAtOnce(this.make(state));
  }

  /** The same, a piece at a time. Throws the Problem of a step that takes more work than it may. */
  *make(state: number): Generator<undefined, Uint32Array> {
    const key = this.#keyOf(state);
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const short = this.#plain.shortened(key, SHORT_BYTES);
    // Other counts may have been here: only what reaches beyond them is another.
    const shared = this.#short.get(short);
    const mask = shared?.slice() ?? new Uint32Array(this.#tokens.words);
    if (shared === undefined) {
      yield* this.#add(short, mask);
      if (short !== key) this.#keepShort(short, mask.slice());
    }
    yield* this.#effort.again(() => this.#addLong(key, mask));
    if (this.#bytes > this.#bytes_max) this.forget();
    this.#bytes += mask.byteLength;
    this.#masks.set(key, mask);
    return mask;
  }

  #keepShort(short: number, mask: Uint32Array): void {
    this.#bytes += mask.byteLength;
    this.#short.set(short, mask);
  }

  forget(): void {
    this.#short.clear();
    this.#heads.clear();
    this.#masks.clear();
    this.#bytes = 0;
  }

  *#add(state: number, mask: Uint32Array): Generator<undefined, void> {
    const { nodes } = this.#automaton;
    const a = nodes.a[state]!;
    if (nodes.kind[state] === KIND.alt)
      for (const branch of nodes.partsOf(state)) yield* this.#add(branch, mask);
    else if (nodes.kind[state] === KIND.seq) {
      const head = yield* this.#headOf(a);
      this.#join(mask, head.mask);
      for (const crossing of head.crossings) {
        yield* this.#effort.again(() => this.#cross(crossing, nodes.b[state]!, mask));
        if (this.#effort.isDue()) yield;
      }
    } else this.#join(mask, (yield* this.#headOf(state)).mask);
    if (this.#effort.isDue()) yield;
  }

  #join(mask: Uint32Array, other: Uint32Array): void {
    for (let i = 0; i < mask.length; i++) mask[i]! |= other[i]!;
    this.#effort.units += mask.length / WORDS_A_UNIT;
  }

  get #effort() {
    return this.#automaton.nodes.effort;
  }

  *#headOf(node: number): Generator<undefined, Head> {
    const known = this.#heads.get(node);
    if (known !== undefined) return known;
    const { plain, other, words } = this.#tokens;
    const crossings: Crossing[] = [];
    const room = yield* this.#effort.again(() => this.#plain.roomIn(node));
    const mask = room > 0 ? this.#tokens.plainMask(room).slice() : new Uint32Array(words);
    this.#path[0] = node;
    this.#ended[0] = this.#automaton.nullable(node) ? 1 : 0;
    for (const trie of room > 0 ? [other] : [plain, other])
      for (let at = 0; at < trie.nodes; ) {
        at = this.#walk(trie, at, mask, crossings);
        if (at === trie.nodes) break;
        this.#effort.beginPiece();
        yield;
      }
    const head = { mask, crossings };
    this.#bytes += mask.byteLength + crossings.length * CROSSING_BYTES;
    this.#heads.set(node, head);
    return head;
  }

  /**
   * Walks a tree from a head: tokens that it takes are allowed, and where it may have ended before is noted. Tells the
   * node to go on from: behind the last one, or where others should have a turn.
   */
  #walk(trie: Trie, from: number, mask: Uint32Array, crossings: Crossing[]): number {
    const reached = { node: from };
    try {
      this.#effort.pausing(() => this.#walkOn(trie, reached, mask, crossings));
    } catch (error) {
      if (!isPause(error)) throw error;
    }
    return reached.node;
  }

  /** What was reached is told when it is left in the middle, too. */
  #walkOn(trie: Trie, reached: { node: number }, mask: Uint32Array, crossings: Crossing[]): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const { nodes, byte, depth, skip, first, ordered } = trie;
    const path = this.#path;
    const ended = this.#ended;
    const behind = trie === this.#tokens.plain ? this.#tokens.behind : undefined;
    const effort = this.#effort;
    for (let node = reached.node; node < nodes; reached.node = node) {
      effort.units++;
      effort.checkpoint();
      const at = depth[node]!;
      const next = automaton.next(path[at]!, classOf[byte[node]!]!);
      if (next === NEVER) {
        if (ended[at] === 1) this.#noteCrossings(trie, node, crossings);
        node = skip[node]!;
        continue;
      }
      const is_whole = behind !== undefined && behind[node]! > 0 && this.#plain.roomIn(next) >= behind[node]!;
      const end = first[is_whole ? skip[node]! : node + 1]!;
      for (let i = first[node]!; i < end; i++) {
        const id = ordered[i]!;
        mask[id >>> 5]! |= 1 << (id & 31);
      }
      if (is_whole) {
        node = skip[node]!;
        continue;
      }
      path[at + 1] = next;
      ended[at + 1] = ended[at]! | (automaton.nullable(next) ? 1 : 0);
      node++;
    }
  }

  #noteCrossings(trie: Trie, node: number, crossings: Crossing[]): void {
    for (let ended = trie.depth[node]!; ended >= 0; ended--)
      if (this.#automaton.nullable(this.#path[ended]!)) crossings.push({ trie, node, ended });
  }

  /** Long tokens are few: they are looked at for each state. */
  #addLong(state: number, mask: Uint32Array): void {
    this.#path[0] = state;
    this.#allow(this.#tokens.long, 0, this.#tokens.long.nodes, mask);
  }

  /** Allows the tokens at and below the node whose bytes behind the end of the head the stack takes. */
  #cross({ trie, node, ended }: Crossing, below: number, mask: Uint32Array): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const { depth, first, ordered } = trie;
    const path = this.#path;
    const top = depth[node]!;
    const { bytes, offsets } = this.#tokens.vocabulary;
    const begin = offsets[ordered[first[node]!]!]!;
    path[ended] = below;
    for (let at = ended; at < top; at++) {
      path[at + 1] = automaton.next(path[at]!, classOf[bytes[begin + at]!]!);
      if (path[at + 1] === NEVER) return;
    }
    this.#allow(trie, node, trie.skip[node]!, mask);
  }

  /** Allows those tokens of a part of a tree that the states on the path to it take. */
  #allow({ byte, depth, skip, first, ordered }: Trie, from: number, end: number, mask: Uint32Array): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const path = this.#path;
    for (let i = from; i < end; ) {
      const at = depth[i]!;
      const next = automaton.next(path[at]!, classOf[byte[i]!]!);
      if (next === NEVER) {
        i = skip[i]!;
        continue;
      }
      for (let k = first[i]!; k < first[i + 1]!; k++) {
        const id = ordered[k]!;
        mask[id >>> 5]! |= 1 << (id & 31);
      }
      path[at + 1] = next;
      i++;
    }
    this.#effort.units += end - from;
  }
}

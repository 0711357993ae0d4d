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
import { EMPTY, KIND, NEVER, UNLIMITED } from "./nodes.ts";
import type { PlainStates } from "./plain-states.ts";
import {
  bytesOfHead,
  type Crossing,
  type Head,
  NOT_SHARED,
  type SharedHeads,
  type Structures,
} from "./shared-heads.ts";

/** Words of masks that are put together while a byte is looked up, about. */
const WORDS_A_UNIT = 8;

/** Bytes by which the state is found that a head has behind most text. */
const USUAL_TEXT = [0x7e, 0x51, 0x30, 0x65];

/** Walks of smaller trees are over before such a state is found and compared. */
const OTHER_NODES_MIN = 8192;

/** A walk of a tree from a head. */
interface Walk {
  readonly trie: Trie;
  readonly mask: Uint32Array;
  readonly crossings: Crossing[];
  /** the head from whose answer it began: where both have the same left to match, the answer stays; else NEVER's */
  readonly base: Head;
  /** the crossing of the base that comes next */
  at: number;
  /** where it goes on */
  node: number;
}

export class Masks {
  readonly #automaton: Automaton;
  readonly #plain: PlainStates;
  readonly #tokens: Tokens;
  readonly #bytes_max: number;
  readonly #heads = new Map<number, Head>();
  readonly #masks = new Map<number, Uint32Array>();
  /** of short tokens, by states whose counts are cut to them */
  readonly #short = new Map<number, Uint32Array>();
  readonly #shared: SharedHeads;
  readonly #structures: Structures;
  readonly #path: Int32Array;
  /** the same for the head that a walk begins from */
  readonly #base_path: Int32Array;
  /** 1 where the head, or the one that the walk begins from, may have ended on the way to a depth, or there */
  readonly #ended: Uint8Array;
  #bytes = 0;

  constructor(
    automaton: Automaton,
    plain: PlainStates,
    tokens: Tokens,
    bytes_max: number,
    shared: SharedHeads,
  ) {
    this.#automaton = automaton;
    this.#plain = plain;
    this.#tokens = tokens;
    this.#bytes_max = bytes_max;
    const depth_max = tokens.vocabulary.token_bytes_max;
    this.#shared = shared;
    this.#structures = shared.newStructures();
    this.#path = new Int32Array(depth_max + 2);
    this.#base_path = new Int32Array(depth_max + 2);
    this.#ended = new Uint8Array(depth_max + 2);
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when the mask of this state is ready. */
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
      yield* this.#add(short, mask, new Set());
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
    this.#structures.ids.clear();
    this.#short.clear();
    this.#heads.clear();
    this.#masks.clear();
    this.#bytes = 0;
  }

  /** Adds what a state allows, unless it was added before: each way that it may go on by itself. */
  *#add(state: number, mask: Uint32Array, added: Set<number>): Generator<undefined, void> {
    if (added.has(state)) return;
    added.add(state);
    const { nodes } = this.#automaton;
    const ways = yield* this.#effort.again(() => this.#waysOf(state));
    if (ways !== undefined) for (const way of ways) yield* this.#add(way, mask, added);
    else if (nodes.kind[state] === KIND.seq) {
      const head = yield* this.#headOf(nodes.a[state]!);
      this.#join(mask, head.mask);
      for (const crossing of head.crossings) {
        yield* this.#effort.again(() => this.#cross(crossing, nodes.b[state]!, mask));
        if (this.#effort.isDue()) yield;
      }
    } else this.#join(mask, (yield* this.#headOf(state)).mask);
    if (this.#effort.isDue()) yield;
  }

  /** The states that a state is a choice of, each with its own head; undefined where it has one. */
  #waysOf(state: number): readonly number[] | undefined {
    const { nodes, rules } = this.#automaton;
    const a = nodes.a[state]!;
    switch (nodes.kind[state]) {
      case KIND.alt:
        return nodes.partsOf(state);
      case KIND.call:
        return [rules[a]!];
      case KIND.seq: {
        const below = nodes.b[state]!;
        const inner = this.#hasFrames(a) ? this.#waysOf(a) : undefined;
        return inner?.map((way) => nodes.seq(way, below));
      }
      default:
        return undefined;
    }
  }

  /** Whether a head is a choice of what has a stack of its own: what each of them allows serves other heads, too. */
  #hasFrames(head: number): boolean {
    const { nodes } = this.#automaton;
    if (nodes.kind[head] !== KIND.alt) return nodes.kind[head] === KIND.call;
    return nodes.partsOf(head).some((way) => nodes.kind[way] === KIND.seq || nodes.kind[way] === KIND.call);
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
    const structure = this.#structureOf(node);
    const shared = structure === NOT_SHARED ? undefined : this.#shared.get(this.#tokens, structure);
    const head = shared ?? (yield* this.#findHead(node));
    if (shared === undefined && structure !== NOT_SHARED) {
      // What is kept may have been forgotten meanwhile: the structure is asked again.
      const own = this.#structureOf(node);
      if (own !== NOT_SHARED) this.#shared.keep(this.#tokens, own, head);
    }
    this.#bytes += bytesOfHead(head);
    this.#heads.set(node, head);
    return head;
  }

  /** Text that begins with one certain byte is seldom another grammar's, and is soon walked. */
  #structureOf(node: number): number {
    const { nodes } = this.#automaton;
    if (nodes.kind[node] === KIND.word && nodes.kind[nodes.a[node]!] === KIND.set) return NOT_SHARED;
    return this.#shared.structureOf(nodes, node, this.#structures);
  }

  *#findHead(node: number): Generator<undefined, Head> {
    const { plain, other, words } = this.#tokens;
    const room = yield* this.#effort.again(() => this.#plain.roomIn(node));
    const usual =
      room > 0 || other.nodes < OTHER_NODES_MIN
        ? NEVER
        : yield* this.#effort.again(() => this.#usualBehind(node));
    const base = usual === NEVER ? { mask: NOTHING, crossings: [] } : yield* this.#headOf(usual);
    const mask = new Uint32Array(words);
    mask.set(room > 0 ? this.#tokens.plainMask(room) : base.mask);
    const crossings: Crossing[] = [];
    this.#path[0] = node;
    this.#base_path[0] = usual;
    this.#ended[0] = this.#mayEnd(node) || this.#mayEnd(usual) ? 1 : 0;
    for (const trie of room > 0 ? [other] : [plain, other]) {
      const walk: Walk = { trie, mask, crossings, base, at: 0, node: 0 };
      for (;;) {
        this.#walk(walk);
        if (walk.node === trie.nodes) break;
        this.#effort.beginPiece();
        yield;
      }
    }
    return { mask, crossings };
  }

  #mayEnd(state: number): boolean {
    return state === EMPTY || (state !== NEVER && this.#automaton.nullable(state));
  }

  /**
   * The state that any plain text may follow and that a head has behind most text, if there is one: a name of a property
   * is any string behind the first letter that no other name has.
   */
  #usualBehind(node: number): number {
    const automaton = this.#automaton;
    for (const byte of USUAL_TEXT) {
      const usual = automaton.step(node, byte);
      if (usual === NEVER || usual === node) continue;
      if (automaton.step(usual, byte) === usual && this.#plain.roomIn(usual) === UNLIMITED) return usual;
    }
    return NEVER;
  }

  /** Walks a tree from a head, as far as it comes before others should have a turn. */
  #walk(walk: Walk): void {
    try {
      this.#effort.pausing(() => this.#walkOn(walk));
    } catch (error) {
      if (!isPause(error)) throw error;
    }
  }

  /** Tokens that the head takes are allowed, and where it may have ended before is noted. */
  #walkOn(walk: Walk): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const { trie, mask, crossings } = walk;
    const { nodes, byte, depth, skip, first, ordered } = trie;
    const path = this.#path;
    const base_path = this.#base_path;
    const ended = this.#ended;
    const is_plain = trie === this.#tokens.plain;
    const effort = this.#effort;
    for (let node = walk.node; node < nodes; walk.node = node) {
      effort.units++;
      effort.checkpoint();
      const at = depth[node]!;
      const byte_class = classOf[byte[node]!]!;
      const next = automaton.next(path[at]!, byte_class);
      const base = base_path[at] === NEVER ? NEVER : automaton.next(base_path[at]!, byte_class);
      if (next === NEVER) {
        if (base !== NEVER) disallow(mask, ordered, first[node]!, first[skip[node]!]!);
        if (ended[at] === 1) this.#noteCrossings(trie, node, crossings);
        node = skip[node]!;
        continue;
      }
      if (next === base && ended[at] === 0) {
        copyCrossings(walk, node, skip[node]!);
        node = skip[node]!;
        continue;
      }
      const is_whole = is_plain && this.#plain.takesBehind(this.#tokens, node, next);
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
      base_path[at + 1] = base;
      ended[at + 1] = ended[at] === 1 || this.#mayEnd(next) || this.#mayEnd(base) ? 1 : 0;
      node++;
    }
  }

  #noteCrossings(trie: Trie, node: number, crossings: Crossing[]): void {
    for (let ended = trie.depth[node]!; ended >= 0; ended--)
      if (this.#automaton.nullable(this.#path[ended]!)) crossings.push({ trie, node, ended });
  }

  /** Long tokens are few: they are looked at for each state, except where all plain text may follow. */
  #addLong(state: number, mask: Uint32Array): void {
    const { long, long_plain } = this.#tokens;
    const takes_plain = this.#plain.roomIn(state) === UNLIMITED;
    this.#path[0] = state;
    this.#allow(long, 0, long.nodes, mask);
    if (takes_plain) for (const id of long_plain.ordered) mask[id >>> 5]! |= 1 << (id & 31);
    else this.#allow(long_plain, 0, long_plain.nodes, mask);
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

const NOTHING = new Uint32Array(0);

/** Takes back the tokens ordered[from … end). */
function disallow(mask: Uint32Array, ordered: Int32Array, from: number, end: number): void {
  for (let i = from; i < end; i++) {
    const id = ordered[i]!;
    mask[id >>> 5]! &= ~(1 << (id & 31));
  }
}

/** Copies the crossings of the base at the nodes from … end). They stand in the order of nodes, each tree for itself. */
function copyCrossings(walk: Walk, from: number, end: number): void {
  const { trie, base, crossings } = walk;
  for (let next = base.crossings[walk.at]; next !== undefined; next = base.crossings[++walk.at]) {
    if (next.trie !== trie) continue;
    if (next.node >= end) return;
    if (next.node >= from) crossings.push(next);
  }
}

/**
 * The tokens that may come next in a state, found by walking the automaton along the tree of token bytes. A state is a
 * head, which is the piece that is being matched, and the stack below it. The tokens that a head allows by itself are
 * found once for all stacks; only tokens that reach past its end are checked for each stack (XGrammar's division,
 * 2411.15100).
 */

import { allAtOnce } from "../pieces.ts";
import { SHORT_BYTES, type Tokens } from "../vocabulary/tokens.ts";
import type { Trie } from "../vocabulary/trie.ts";
import type { Automaton } from "./automaton.ts";
import { Crossings } from "./crossings.ts";
import { isPause } from "./effort.ts";
import { EMPTY, KIND, NEVER, UNLIMITED } from "./nodes.ts";
import type { PlainStates } from "./plain-states.ts";
import { bytesOfHead, type Head, NOT_SHARED, type SharedHeads, type Structures } from "./shared-heads.ts";
import { ARRAY_BYTES, ENTRY_BYTES } from "./sizes.ts";

/** Bytes of a mask that is kept, besides its words. */
const MASK_BYTES = ARRAY_BYTES + ENTRY_BYTES;

/** Approximate crossings that are checked in the time of looking up one byte. */
const CROSSINGS_A_UNIT = 8;

/** Approximate words of masks that are combined in the time of looking up one byte. */
const WORDS_A_UNIT = 8;

/** Number of bytes that are tried to find the state that follows a head after most text. */
const USUAL_TEXT = [0x7e, 0x51, 0x30, 0x65];

/** In smaller trees the walk ends before that state would be found and compared. */
const OTHER_NODES_MIN = 8192;

/** A walk of the tree from a head. */
interface Walk {
  readonly mask: Uint32Array;
  /** the crossings in this tree */
  readonly crossings: Crossings;
  /**
   * crossings of the head whose answer the walk starts from; where both heads have the same rest to match, that answer
   * is valid
   */
  readonly base: Crossings | undefined;
  /** index of the next crossing of the base */
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
  /** of short tokens, by state with limited counts */
  readonly #short = new Map<number, Uint32Array>();
  readonly #shared: SharedHeads;
  readonly #structures: Structures;
  readonly #path: Int32Array;
  /** the same for the head whose answer the walk starts from */
  readonly #base_path: Int32Array;
  /** by depth: 1 where the head, or the base head, may have ended at or before that depth */
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

  /** Approximate bytes that are kept. */
  get bytes(): number {
    return this.#bytes + this.#plain.bytes + ENTRY_BYTES * this.#structures.ids.size;
  }

  /** True when the mask of this state is ready. */
  has(state: number): boolean {
    return this.#masks.has(this.#keyOf(state));
  }

  /** States with equal keys have the same mask. */
  #keyOf(state: number): number {
    return this.#plain.shortened(state, this.#tokens.vocabulary.token_bytes_max);
  }

  /** The tokens with bytes that may come in this state. The mask is cached and must not be changed. */
  of(state: number): Uint32Array {
    const known = this.#masks.get(this.#keyOf(state));
    if (known !== undefined) return known;
    return allAtOnce(this.make(state));
  }

  /** Like the above, in pieces. Throws a Problem when the step takes too much work. */
  *make(state: number): Generator<undefined, Uint32Array> {
    const key = this.#keyOf(state);
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const short = this.#plain.shortened(key, SHORT_BYTES);
    // A mask for other counts may exist: only tokens that reach beyond the counts differ.
    const shared = this.#short.get(short);
    const mask = shared?.slice() ?? new Uint32Array(this.#tokens.words);
    if (shared === undefined) {
      yield* this.#add(short, mask, new Set());
      if (short !== key) this.#keepShort(short, mask.slice());
    }
    yield* this.#effort.again(() => this.#addLong(key, mask));
    if (this.bytes > this.#bytes_max) this.forget();
    this.#bytes += mask.byteLength + MASK_BYTES;
    this.#masks.set(key, mask);
    return mask;
  }

  #keepShort(short: number, mask: Uint32Array): void {
    this.#bytes += mask.byteLength + MASK_BYTES;
    this.#short.set(short, mask);
  }

  forget(): void {
    this.#structures.ids.clear();
    this.#short.clear();
    this.#heads.clear();
    this.#masks.clear();
    this.#bytes = 0;
  }

  /** Adds the tokens of a state, once: the tokens of each alternative of the state. */
  *#add(state: number, mask: Uint32Array, added: Set<number>): Generator<undefined, void> {
    if (added.has(state)) return;
    added.add(state);
    const { nodes } = this.#automaton;
    const ways = yield* this.#effort.again(() => this.#waysOf(state));
    if (ways !== undefined) for (const way of ways) yield* this.#add(way, mask, added);
    else if (nodes.kind[state] === KIND.seq) {
      const head = yield* this.#headOf(nodes.a[state]!);
      this.#join(mask, head.mask);
      for (const crossings of head.crossings) yield* this.#crossAll(crossings, nodes.b[state]!, mask);
    } else this.#join(mask, (yield* this.#headOf(state)).mask);
    if (this.#effort.isDue()) yield;
  }

  /** The alternatives of a state, each with its own head; undefined when the state has one head. */
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

  /**
   * True when a head is a choice between parts with separate stacks: the answer of each part is useful for other heads
   * as well.
   */
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
      // The cache may have been emptied meanwhile: the structure is looked up again.
      const own = this.#structureOf(node);
      if (own !== NOT_SHARED) this.#shared.keep(this.#tokens, own, head);
    }
    this.#bytes += bytesOfHead(head) + ENTRY_BYTES;
    this.#heads.set(node, head);
    return head;
  }

  /** Text that begins with one certain byte rarely occurs in another grammar, and is walked quickly. */
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
    const base = usual === NEVER ? undefined : yield* this.#headOf(usual);
    const mask = new Uint32Array(words);
    mask.set(room > 0 ? this.#tokens.plainMask(room) : (base?.mask ?? NOTHING));
    const found: Crossings[] = [];
    this.#path[0] = node;
    this.#base_path[0] = usual;
    this.#ended[0] = this.#mayEnd(node) || this.#mayEnd(usual) ? 1 : 0;
    for (const trie of room > 0 ? [other] : [plain, other]) {
      const crossings = new Crossings(trie, this.#tokens.vocabulary);
      const of_base = base?.crossings.find((each) => each.trie === trie);
      const walk: Walk = { mask, crossings, base: of_base, at: 0, node: 0 };
      for (;;) {
        this.#walk(walk);
        if (walk.node === trie.nodes) break;
        this.#effort.beginPiece();
        yield;
      }
      if (crossings.count === 0) continue;
      crossings.trim();
      found.push(crossings);
    }
    return { mask, crossings: found };
  }

  #mayEnd(state: number): boolean {
    return state === EMPTY || (state !== NEVER && this.#automaton.nullable(state));
  }

  /**
   * The state that a head has after most text and that any plain text may follow, if there is one. Example: a property
   * name is an arbitrary string after the first letter that no listed name has.
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

  /** Walks a tree from a head until it ends or other requests should have their turn. */
  #walk(walk: Walk): void {
    try {
      this.#effort.pausing(() => this.#walkOn(walk));
    } catch (error) {
      if (!isPause(error)) throw error;
    }
  }

  /** Allows the tokens that the head matches, and notes where the head may have ended before. */
  #walkOn(walk: Walk): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const { mask, crossings } = walk;
    const { trie } = crossings;
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
        if (ended[at] === 1) this.#noteCrossings(node, crossings);
        node = skip[node]!;
        continue;
      }
      if (next === base && ended[at] === 0) {
        if (walk.base !== undefined) walk.at = crossings.copy(walk.base, walk.at, node, skip[node]!);
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

  #noteCrossings(node: number, crossings: Crossings): void {
    for (let ended = crossings.trie.depth[node]!; ended >= 0; ended--)
      if (this.#automaton.nullable(this.#path[ended]!)) crossings.add(node, ended);
  }

  /** Long tokens are few: they are checked for each state, except where all plain text may follow. */
  #addLong(state: number, mask: Uint32Array): void {
    const { long, long_plain } = this.#tokens;
    const takes_plain = this.#plain.roomIn(state) === UNLIMITED;
    this.#path[0] = state;
    this.#allow(long, 0, long.nodes, mask);
    if (takes_plain) for (const id of long_plain.ordered) mask[id >>> 5]! |= 1 << (id & 31);
    else this.#allow(long_plain, 0, long_plain.nodes, mask);
  }

  /** Allows the tokens whose bytes after the end of the head the stack matches. */
  #crossAll(crossings: Crossings, below: number, mask: Uint32Array): Generator<undefined, void> {
    const automaton = this.#automaton;
    const effort = this.#effort;
    const { classOf } = automaton;
    const { count } = crossings;
    let i = 0;
    effort.units += count / CROSSINGS_A_UNIT;
    return effort.again(() => {
      for (; i < count; i++) {
        // Most walks end here: a stack matches a comma or a bracket, and few other bytes.
        if (automaton.next(below, classOf[crossings.nextOf(i)]!) === NEVER) continue;
        effort.checkpoint();
        this.#cross(crossings, i, below, mask);
      }
    });
  }

  #cross(crossings: Crossings, i: number, below: number, mask: Uint32Array): void {
    const automaton = this.#automaton;
    const { classOf } = automaton;
    const { trie } = crossings;
    const { depth, first, ordered } = trie;
    const path = this.#path;
    const node = crossings.nodeOf(i);
    const ended = crossings.endedOf(i);
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

  /** Allows the tokens of a part of a tree that the states on their path match. */
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

/** Removes the tokens ordered[from … end). */
function disallow(mask: Uint32Array, ordered: Int32Array, from: number, end: number): void {
  for (let i = from; i < end; i++) {
    const id = ordered[i]!;
    mask[id >>> 5]! &= ~(1 << (id & 31));
  }
}

/**
 * The form that every grammar has: expressions over bytes. Each expression is made once and has a number, so equal
 * expressions have equal numbers. The rest that is still to be matched is such an expression too: a state of the
 * automaton is a node, and the right-hand sides of nested sequences are its stack, which states share.
 *
 * kind     a        b     c      what it matches
 * NEVER                          nothing
 * EMPTY                          the empty text
 * SET      set                   one byte of a set
 * SEQ      node     node         one, then the other: a frame of the stack, and what lies below it
 * WORD     node     node         the same inside a piece that needs no stack: a string, a number, a regex
 * ALT      list                  any of them
 * REPEAT   node     min   max    a node so many times; with `word`, inside such a piece
 * AND      list                  all of them at once; such pieces only
 * NOT      node                  what the node does not; such pieces only
 * CALL     rule                  what the rule matches
 *
 * Nodes, lists and sets stand in columns that grow. A node is found again by a table of open addresses, 4 bytes a
 * place.
 */
import { Problem } from "../errors.ts";
import { groupsOf, requireFew, sorted } from "./branches.ts";
import { type ByteSet, byteRange, hashOfSet, intersection, isSameSet, union } from "./byte-set.ts";
import { capacityFor, hashOf, resized } from "./columns.ts";
import { Effort, PART_UNITS } from "./effort.ts";
import { EMPTY, KIND, NEVER, UNLIMITED } from "./kinds.ts";
import { Lists } from "./lists.ts";

export { EMPTY, KIND, NEVER, UNLIMITED };

type Pair = typeof KIND.seq | typeof KIND.word;

/** More alternatives than a list may hold would make each step slow. */
const LIST_LENGTH_MAX = 4096;
/** The same limit, before branches that share a part are merged. */
const FLAT_LENGTH_MAX = 16_384;
/** No text repeats a node this often: larger counts are treated as this one, and as unlimited. */
const COUNT_MAX = 0x7fffffff;
const UNKNOWN = -1;
const UTF8 = new TextEncoder();
/** Bytes of a set with its array. */
const SET_BYTES = 160;
/** Maximum bytes of lists, for each node of the node limit. */
const LIST_BYTES_A_NODE = 64;
/** Units of work for inserting one branch into a sorted list. */
const BRANCH_UNITS = 4;
/** Probes of a table that cost nothing: more are rare unless a client provokes them. */
const FREE_PROBES = 8;

/** The lengths of the columns at one moment. */
export interface Mark {
  readonly nodes: number;
  readonly lists: number;
  readonly sets: number;
}

export class Nodes {
  kind = new Uint8Array(256);
  a = new Int32Array(256);
  b = new Int32Array(256);
  /** 1 for a CALL, AND or NOT, and for nodes that contain one: only a search shows whether they match anything */
  doubtful = new Uint8Array(256);
  readonly sets: ByteSet[] = [];
  /** cached results of operations on these nodes */
  readonly effort: Effort;
  readonly #lists = new Lists();
  #c = new Int32Array(256);
  #count = 2;
  /** nodes by what they are */
  #places = new Int32Array(512).fill(UNKNOWN);
  /** the node of each single byte, once it was needed */
  readonly #bytes = new Int32Array(256).fill(UNKNOWN);
  #all: number | undefined;
  readonly #nodes_max: number;

  constructor(nodes_max: number, effort = new Effort()) {
    this.#nodes_max = nodes_max;
    this.effort = effort;
    this.kind[EMPTY] = KIND.empty;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of all of it. */
  get bytes(): number {
    return 14 * this.kind.length + 4 * this.#places.length + SET_BYTES * this.sets.length + this.#lists.bytes;
  }

  /** True when three quarters of the limit are used. */
  get is_crowded(): boolean {
    return (
      this.#count * 4 > this.#nodes_max * 3 || this.#lists.bytes * 4 > this.#nodes_max * LIST_BYTES_A_NODE * 3
    );
  }

  /** The parts of an ALT or AND. */
  partsOf(node: number): readonly number[] {
    return this.#lists.of(this.a[node]!);
  }

  /** How often a REPEAT may repeat its node; UNLIMITED for any number of times. */
  maxOf(node: number): number {
    const max = this.#c[node]!;
    return max === COUNT_MAX ? UNLIMITED : max;
  }

  /** The present lengths, for going back to them. */
  mark = (): Mark => ({ nodes: this.#count, lists: this.#lists.count, sets: this.sets.length });

  /** Forgets all nodes made since. */
  backTo({ nodes, lists, sets }: Mark): void {
    this.#count = nodes;
    this.sets.length = sets;
    this.#lists.backTo(lists, nodes);
    this.#resize(capacityFor(nodes));
    for (let byte = 0; byte < 256; byte++) if (this.#bytes[byte]! >= nodes) this.#bytes[byte] = UNKNOWN;
    this.#all = undefined;
  }

  set(set: ByteSet): number {
    this.effort.spend(PART_UNITS);
    if (set.every((word) => word === 0)) return NEVER;
    // The few sets are found by comparing the nodes with the same hash.
    const hash = hashOfSet(set);
    let place = hashOf(KIND.set, hash, 0, 0) & (this.#places.length - 1);
    for (; ; place = (place + 1) & (this.#places.length - 1)) {
      const node = this.#places[place]!;
      if (node === UNKNOWN) break;
      if (this.kind[node] === KIND.set && isSameSet(this.sets[this.a[node]!]!, set)) return node;
      this.effort.units++;
    }
    this.sets.push(set);
    return this.#add(KIND.set, this.sets.length - 1, hash, 0);
  }

  range(from: number, to: number): number {
    if (from !== to) return this.set(byteRange(from, to));
    const known = this.#bytes[from]!;
    if (known !== UNKNOWN) return known;
    const node = this.set(byteRange(from, to));
    this.#bytes[from] = node;
    return node;
  }

  /** A sequence of bytes. */
  literal(bytes: Uint8Array): number {
    const parts = Array.from(bytes, (byte) => this.range(byte, byte));
    return this.#joined(KIND.word, parts);
  }

  text(text: string): number {
    return this.literal(UTF8.encode(text));
  }

  /** A text of any number of bytes, then `behind`. */
  *longText(bytes: ArrayLike<number>, behind: number = EMPTY): Generator<undefined, number> {
    let node = behind;
    for (let i = bytes.length - 1; i >= 0; i--) {
      node = this.word(this.range(bytes[i]!, bytes[i]!), node);
      if (this.effort.isDue()) yield;
    }
    return node;
  }

  /** A sequence of many parts. */
  *chain(kind: "seq" | "word", parts: readonly number[]): Generator<undefined, number> {
    let node: number = EMPTY;
    for (let i = parts.length - 1; i >= 0; i--) {
      node = this.#pair(KIND[kind], parts[i]!, node);
      if (this.effort.isDue()) yield;
    }
    return node;
  }

  seq(...parts: readonly number[]): number {
    return this.#joined(KIND.seq, parts);
  }

  word(...parts: readonly number[]): number {
    return this.#joined(KIND.word, parts);
  }

  #joined(kind: Pair, parts: readonly number[]): number {
    let node: number = EMPTY;
    for (let i = parts.length - 1; i >= 0; i--) node = this.#pair(kind, parts[i]!, node);
    return node;
  }

  #pair(kind: Pair, a: number, b: number): number {
    if (a === NEVER || b === NEVER) return NEVER;
    if (a === EMPTY) return b;
    if (b === EMPTY) return a;
    if (this.kind[a] !== kind) return this.#find(kind, a, b, 0);
    // Sequences are nested to the right, in whatever order they are built.
    const parts: number[] = [];
    let last = a;
    for (; this.kind[last] === kind; last = this.b[last]!) {
      parts.push(this.a[last]!);
      this.effort.spend(PART_UNITS);
    }
    let node = this.#find(kind, last, b, 0);
    for (let i = parts.length - 1; i >= 0; i--) node = this.#find(kind, parts[i]!, node, 0);
    return node;
  }

  call(rule: number): number {
    return this.#find(KIND.call, rule, 0, 0);
  }

  repeat(node: number, min: number, max: number): number {
    return this.#repeated(KIND.repeat, node, min, max);
  }

  wordRepeat(node: number, min: number, max: number): number {
    return this.#repeated(KIND.word_repeat, node, min, max);
  }

  #repeated(kind: number, node: number, min: number, max: number): number {
    if (max === 0 || node === EMPTY) return EMPTY;
    if (node === NEVER) return min === 0 ? EMPTY : NEVER;
    if (min === 1 && max === 1) return node;
    return this.#find(kind, node, Math.min(min, COUNT_MAX), Math.min(max, COUNT_MAX));
  }

  /** The same repetition with other bounds. */
  repeatedAs(like: number, min: number, max: number): number {
    return this.#repeated(this.kind[like]!, this.a[like]!, min, max);
  }

  optional(node: number): number {
    return this.alt([EMPTY, node]);
  }

  /** Like `alt`, in pieces. */
  either(branches: readonly number[]): Generator<undefined, number> {
    return this.effort.again(() => this.alt(branches));
  }

  /**
   * A choice of branches. Branches with the same end become one branch, as do those with the same beginning, so equal
   * parts are handled once. Results are cached, because the same branches recur after many beginnings.
   */
  alt(branches: readonly number[]): number {
    const flat = this.#flattened(branches);
    if (flat.length <= 1) return flat[0] ?? NEVER;
    requireFew(flat, FLAT_LENGTH_MAX, "alternatives");
    const list = this.#lists.idOf(flat);
    this.effort.spend(PART_UNITS + this.#lists.probes);
    const known = this.#lists.mergedAs(list);
    if (known !== undefined) return known;
    const node = this.#merged(flat, list);
    this.#lists.setMerged(list, node);
    this.effort.checkpoint();
    return node;
  }

  /** The branches in order and without duplicates; no branch is an ALT, and at most one is a SET. */
  #flattened(branches: readonly number[]): number[] {
    const flat: number[] = [];
    let set: ByteSet | undefined;
    const add = (node: number) => {
      const kind = this.kind[node];
      if (kind === KIND.alt) for (const branch of this.partsOf(node)) add(branch);
      else if (kind === KIND.set) {
        const own = this.sets[this.a[node]!]!;
        set = set === undefined ? own : union(set, own);
      } else if (node !== NEVER) flat.push(node);
    };
    for (const branch of branches) add(branch);
    if (set !== undefined) flat.push(this.set(set));
    this.effort.spend(PART_UNITS + BRANCH_UNITS * flat.length);
    return sorted(flat);
  }

  #merged(branches: readonly number[], list: number): number {
    const by_end = this.#factored(branches, this.b, (kind, rests, shared) =>
      this.#pair(kind, this.alt(rests), shared),
    );
    const flat =
      by_end.length === 1
        ? by_end
        : this.#factored(by_end, this.a, (kind, rests, shared) => this.#pair(kind, shared, this.alt(rests)));
    if (flat.length === 1) return flat[0]!;
    requireFew(flat, LIST_LENGTH_MAX, "alternatives");
    return this.#find(KIND.alt, flat === branches ? list : this.#lists.idOf(flat), 0, 0);
  }

  /** The branches with those merged that share a part. The same list when no two share one. */
  #factored(
    branches: readonly number[],
    shared_part: Int32Array,
    join: (kind: Pair, rests: readonly number[], shared: number) => number,
  ): readonly number[] {
    const groups = groupsOf(branches, this.kind, shared_part);
    if (groups === undefined) return branches;
    const other_part = shared_part === this.a ? this.b : this.a;
    const flat = groups.single;
    for (const [key, group] of groups.several) {
      const rests = group.map((node) => other_part[node]!);
      flat.push(join(key % 2 === 0 ? KIND.seq : KIND.word, rests, Math.floor(key / 2)));
    }
    return sorted(flat);
  }

  /** The conjunction of the nodes. The automaton finds out whether it matches anything. */
  and(parts: readonly number[]): number {
    const flat = new Set<number>();
    for (const part of parts) {
      if (part === NEVER) return NEVER;
      const inner = this.kind[part] === KIND.and ? this.partsOf(part) : [part];
      for (const node of inner) flat.add(node);
      this.effort.spend(PART_UNITS * inner.length);
    }
    flat.delete(this.all());
    const sets = [...flat].filter((node) => this.kind[node] === KIND.set);
    if (sets.length > 1) {
      for (const node of sets) flat.delete(node);
      const words = sets.map((node) => this.sets[this.a[node]!]!);
      const shared = this.set(words.reduce(intersection));
      if (shared === NEVER) return NEVER;
      flat.add(shared);
    }
    if (flat.size === 0) return this.all();
    if (flat.size === 1) return flat.values().next().value ?? NEVER;
    const list = sorted([...flat]);
    requireFew(list, LIST_LENGTH_MAX, "conditions");
    return this.#find(KIND.and, this.#lists.idOf(list), 0, 0);
  }

  not(node: number): number {
    if (node === NEVER) return this.all();
    if (node === this.all()) return NEVER;
    if (this.kind[node] === KIND.not) return this.a[node]!;
    return this.#find(KIND.not, node, 0, 0);
  }

  /** True when a node may match nothing although each of its parts matches something. */
  isSearched(node: number): boolean {
    return this.kind[node] === KIND.and || this.kind[node] === KIND.not;
  }

  /** The node of every text, made when it is first needed. */
  all(): number {
    this.#all ??= this.wordRepeat(this.range(0, 255), 0, UNLIMITED);
    return this.#all;
  }

  #isDoubtful(kind: number, a: number, b: number): boolean {
    switch (kind) {
      case KIND.call:
      case KIND.and:
      case KIND.not:
        return true;
      case KIND.alt:
        return this.#lists.of(a).some((branch) => this.doubtful[branch] === 1);
      case KIND.seq:
      case KIND.word:
        return this.doubtful[a] === 1 || this.doubtful[b] === 1;
      case KIND.repeat:
      case KIND.word_repeat:
        return this.doubtful[a] === 1;
      default:
        return false;
    }
  }

  /** The node with these parts; it is created if it does not exist. */
  #find(kind: number, a: number, b: number, c: number): number {
    this.effort.spend(PART_UNITS);
    const mask = this.#places.length - 1;
    let place = hashOf(kind, a, b, c) & mask;
    for (let probes = 0; ; place = (place + 1) & mask, probes++) {
      const node = this.#places[place]!;
      if (node === UNKNOWN) return this.#add(kind, a, b, c);
      if (this.kind[node] === kind && this.a[node] === a && this.b[node] === b && this.#c[node] === c)
        return node;
      if (probes > FREE_PROBES) this.effort.units++;
    }
  }

  #add(kind: number, a: number, b: number, c: number): number {
    const node = this.#count;
    if (node >= this.#nodes_max || this.#lists.bytes > this.#nodes_max * LIST_BYTES_A_NODE)
      throw new Problem(
        "grammar_too_large",
        `a grammar and its states may have at most ${this.#nodes_max} parts (grammar_nodes_max), got more`,
      );
    const doubtful = this.#isDoubtful(kind, a, b) ? 1 : 0;
    if (node === this.kind.length) this.#resize(2 * node);
    this.kind[node] = kind;
    this.a[node] = a;
    this.b[node] = b;
    this.#c[node] = c;
    this.doubtful[node] = doubtful;
    this.#enter(node);
    this.#count = node + 1;
    return node;
  }

  #enter(node: number): void {
    const mask = this.#places.length - 1;
    const kind = this.kind[node]!;
    const a = kind === KIND.set ? this.b[node]! : this.a[node]!;
    let place = hashOf(kind, a, kind === KIND.set ? 0 : this.b[node]!, this.#c[node]!) & mask;
    while (this.#places[place] !== UNKNOWN) place = (place + 1) & mask;
    this.#places[place] = node;
  }

  #resize(capacity: number): void {
    if (capacity !== this.kind.length) {
      this.kind = resized(this.kind, new Uint8Array(capacity), this.#count);
      this.doubtful = resized(this.doubtful, new Uint8Array(capacity), this.#count);
      this.a = resized(this.a, new Int32Array(capacity), this.#count);
      this.b = resized(this.b, new Int32Array(capacity), this.#count);
      this.#c = resized(this.#c, new Int32Array(capacity), this.#count);
    }
    this.#places = new Int32Array(2 * capacity).fill(UNKNOWN);
    for (let node = 2; node < this.#count; node++) this.#enter(node);
  }
}

/**
 * The one form that every grammar has: expressions over bytes, each made once and known by a number, so that equal
 * ones are the same. What is left to match is such an expression too: a state of the automaton is a node, and the
 * right-hand sides of nested sequences are its stack, shared by all states that have it.
 *
 *   kind     a        b     c      what it matches
 *   NEVER                          nothing
 *   EMPTY                          the empty text
 *   SET      set                   one byte of a set
 *   SEQ      node     node         one, then the other: a frame of the stack, and what lies below it
 *   WORD     node     node         the same inside a piece that needs no stack: a string, a number, a regex
 *   ALT      list                  any of them
 *   REPEAT   node     min   max    a node so many times; with `word`, inside such a piece
 *   AND      list                  all of them at once; such pieces only
 *   NOT      node                  what the node does not; such pieces only
 *   CALL     rule                  what the rule matches
 */
import { Problem } from "../errors.ts";
import { type ByteSet, byteRange, intersection, keyOf, union } from "./byte-set.ts";
import { Effort, PART_UNITS } from "./effort.ts";

export const NEVER = 0;
export const EMPTY = 1;

export const KIND = {
  never: 0,
  empty: 1,
  set: 2,
  seq: 3,
  word: 4,
  alt: 5,
  repeat: 6,
  word_repeat: 7,
  and: 8,
  not: 9,
  call: 10,
} as const;

export const UNLIMITED = Number.POSITIVE_INFINITY;

/** More of them than a list may hold would make each step slow. */
const LIST_LENGTH_MAX = 4096;

/** How far the arrays of nodes had grown. */
export interface Mark {
  readonly nodes: number;
  readonly lists: number;
  readonly sets: number;
}

export class Nodes {
  readonly kind: number[] = [KIND.never, KIND.empty];
  readonly a: number[] = [0, 0];
  readonly b: number[] = [0, 0];
  readonly c: number[] = [0, 0];
  /** 1 for a call, AND or NOT, and for what has one inside: whether it matches anything has to be found out */
  readonly doubtful: number[] = [0, 0];
  readonly lists: (readonly number[])[] = [];
  readonly sets: ByteSet[] = [];
  /** what was done with these nodes */
  readonly effort: Effort;
  readonly #known = new Map<string | number, number>();
  /** sets that are ranges: most are, and few are made while walking */
  readonly #ranges = new Map<number, number>();
  readonly #nodes_max: number;

  constructor(nodes_max: number, effort = new Effort()) {
    this.#nodes_max = nodes_max;
    this.effort = effort;
  }

  get count(): number {
    return this.kind.length;
  }

  /** True when three quarters of what is allowed are there. */
  get is_crowded(): boolean {
    return this.kind.length * 4 > this.#nodes_max * 3;
  }

  /** What there is now, to go back to. */
  mark(): Mark {
    return { nodes: this.kind.length, lists: this.lists.length, sets: this.sets.length };
  }

  /** Forgets all that was made since. */
  backTo({ nodes, lists, sets }: Mark): void {
    for (const known of [this.#known, this.#ranges] as Map<unknown, number>[])
      for (const [key, node] of known) if (node >= nodes) known.delete(key);
    for (const column of [this.kind, this.a, this.b, this.c, this.doubtful]) column.length = nodes;
    this.lists.length = lists;
    this.sets.length = sets;
  }

  set(set: ByteSet): number {
    this.effort.units += PART_UNITS;
    if (set.every((word) => word === 0)) return NEVER;
    const key = `s${keyOf(set)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.sets.push(set);
    return this.#add(key, KIND.set, this.sets.length - 1);
  }

  range(from: number, to: number): number {
    const key = from * 256 + to;
    const known = this.#ranges.get(key);
    if (known !== undefined) return known;
    const node = this.set(byteRange(from, to));
    this.#ranges.set(key, node);
    return node;
  }

  /** The bytes one behind the other. */
  literal(bytes: ArrayLike<number>): number {
    let node: number = EMPTY;
    for (let i = bytes.length - 1; i >= 0; i--) node = this.word(this.range(bytes[i]!, bytes[i]!), node);
    return node;
  }

  text(text: string): number {
    return this.literal(new TextEncoder().encode(text));
  }

  /** Any number of bytes, and what comes behind them. */
  *longText(bytes: ArrayLike<number>, behind: number = EMPTY): Generator<undefined, number> {
    let node = behind;
    for (let i = bytes.length - 1; i >= 0; i--) {
      node = this.word(this.range(bytes[i]!, bytes[i]!), node);
      if (this.effort.isDue()) yield;
    }
    return node;
  }

  /** Many parts one behind the other. */
  *chain(kind: "seq" | "word", parts: readonly number[]): Generator<undefined, number> {
    let node: number = EMPTY;
    for (let i = parts.length - 1; i >= 0; i--) {
      node = this.#pair(KIND[kind], parts[i]!, node);
      if (this.effort.isDue()) yield;
    }
    return node;
  }

  seq(...parts: readonly number[]): number {
    return this.#chain(parts, (a, b) => this.#pair(KIND.seq, a, b));
  }

  word(...parts: readonly number[]): number {
    return this.#chain(parts, (a, b) => this.#pair(KIND.word, a, b));
  }

  #chain(parts: readonly number[], pair: (a: number, b: number) => number): number {
    let node: number = EMPTY;
    for (let i = parts.length - 1; i >= 0; i--) node = pair(parts[i]!, node);
    return node;
  }

  #pair(kind: typeof KIND.seq | typeof KIND.word, a: number, b: number): number {
    if (a === NEVER || b === NEVER) return NEVER;
    if (a === EMPTY) return b;
    if (b === EMPTY) return a;
    this.effort.units += PART_UNITS;
    // The stack leans to the right, however it was put together.
    if (this.kind[a] === kind) return this.#pair(kind, this.a[a]!, this.#pair(kind, this.b[a]!, b));
    const key = (a * 0x1000000 + b) * 2 + (kind === KIND.seq ? 0 : 1);
    return this.#known.get(key) ?? this.#add(key, kind, a, b);
  }

  call(rule: number): number {
    const key = `c${rule}`;
    return this.#known.get(key) ?? this.#add(key, KIND.call, rule);
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
    const key = `r${kind},${node},${min},${max}`;
    return this.#known.get(key) ?? this.#add(key, kind, node, min, max);
  }

  /** The same repetition with other bounds. */
  repeatedAs(like: number, min: number, max: number): number {
    return this.#repeated(this.kind[like]!, this.a[like]!, min, max);
  }

  optional(node: number): number {
    return this.alt([EMPTY, node]);
  }

  alt(branches: readonly number[]): number {
    const flat = new Set<number>();
    let set: ByteSet | undefined;
    const add = (node: number) => {
      this.effort.units += PART_UNITS;
      const kind = this.kind[node];
      if (kind === KIND.alt) for (const branch of this.lists[this.a[node]!]!) add(branch);
      else if (kind === KIND.set) {
        const own = this.sets[this.a[node]!]!;
        set = set === undefined ? own : union(set, own);
      } else if (node !== NEVER) flat.add(node);
    };
    for (const branch of branches) add(branch);
    if (set !== undefined) flat.add(this.set(set));
    if (flat.size > 1) this.#factor(flat);
    if (flat.size <= 1) return flat.values().next().value ?? NEVER;
    return this.#list("a", KIND.alt, [...flat]);
  }

  /** Branches that end alike become one branch, as do those that begin alike: what is equal is then looked at once. */
  #factor(flat: Set<number>): void {
    this.#factorBy(flat, this.b, (kind, rests, shared) => this.#pair(kind, this.alt(rests), shared), this.a);
    if (flat.size > 1)
      this.#factorBy(
        flat,
        this.a,
        (kind, rests, shared) => this.#pair(kind, shared, this.alt(rests)),
        this.b,
      );
  }

  #factorBy(
    flat: Set<number>,
    shared_part: readonly number[],
    join: (kind: typeof KIND.seq | typeof KIND.word, rests: readonly number[], shared: number) => number,
    other_part: readonly number[],
  ): void {
    const groups = new Map<number, number[]>();
    let is_shared = false;
    for (const node of flat) {
      const kind = this.kind[node]!;
      if (kind !== KIND.seq && kind !== KIND.word) continue;
      const key = shared_part[node]! * 2 + (kind === KIND.seq ? 0 : 1);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [node]);
      else {
        group.push(node);
        is_shared = true;
      }
    }
    if (!is_shared) return;
    for (const [key, group] of groups) {
      if (group.length === 1) continue;
      for (const node of group) flat.delete(node);
      const kind = key % 2 === 0 ? KIND.seq : KIND.word;
      flat.add(
        join(
          kind,
          group.map((node) => other_part[node]!),
          Math.floor(key / 2),
        ),
      );
    }
  }

  /** What all of them match. Whether that is anything, the automaton tells. */
  and(parts: readonly number[]): number {
    const flat = new Set<number>();
    for (const part of parts) {
      if (part === NEVER) return NEVER;
      const inner = this.kind[part] === KIND.and ? this.lists[this.a[part]!]! : [part];
      for (const node of inner) flat.add(node);
      this.effort.units += PART_UNITS * inner.length;
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
    return this.#list("&", KIND.and, [...flat]);
  }

  not(node: number): number {
    if (node === NEVER) return this.all();
    if (node === this.all()) return NEVER;
    if (this.kind[node] === KIND.not) return this.a[node]!;
    const key = `!${node}`;
    return this.#known.get(key) ?? this.#add(key, KIND.not, node);
  }

  /** Whether a node may match nothing although none of its parts says so. */
  isSearched(node: number): boolean {
    return this.kind[node] === KIND.and || this.kind[node] === KIND.not;
  }

  isNot(node: number): boolean {
    return this.kind[node] === KIND.not;
  }

  /** Every text. */
  all(): number {
    return this.wordRepeat(this.range(0, 255), 0, UNLIMITED);
  }

  #list(mark: string, kind: number, nodes: number[]): number {
    if (nodes.length > LIST_LENGTH_MAX)
      throw new Problem(
        "grammar_too_large",
        `at most ${LIST_LENGTH_MAX} alternatives may be open at one place of a grammar, got ${nodes.length}`,
      );
    nodes.sort((a, b) => a - b);
    const key = mark + nodes.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.lists.push(nodes);
    return this.#add(key, kind, this.lists.length - 1);
  }

  #isDoubtful(kind: number, a: number, b: number): boolean {
    switch (kind) {
      case KIND.call:
      case KIND.and:
      case KIND.not:
        return true;
      case KIND.alt:
        return this.lists[a]!.some((branch) => this.doubtful[branch] === 1);
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

  #add(key: string | number, kind: number, a: number, b = 0, c = 0): number {
    const node = this.kind.length;
    if (node >= this.#nodes_max)
      throw new Problem(
        "grammar_too_large",
        `a grammar and its states may have at most ${this.#nodes_max} parts (grammar_nodes_max), got more`,
      );
    this.kind.push(kind);
    this.a.push(a);
    this.b.push(b);
    this.c.push(c);
    this.doubtful.push(this.#isDoubtful(kind, a, b) ? 1 : 0);
    this.#known.set(key, node);
    return node;
  }
}

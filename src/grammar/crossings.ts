/**
 * The places where tokens reach past the end of a head, in one column. The head of a JSON string has thousands of them at
 * 128,256 tokens: one for each token such as `name"` and `name":`.
 */
import type { Trie } from "../vocabulary/trie.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { ARRAY_BYTES } from "./sizes.ts";

/** Initial capacity of the column, in crossings. */
const CAPACITY_MIN = 16;
/** Bytes of the objects besides the column. */
const OBJECT_BYTES = 96;

/**
 * Crossings of one tree, in the order of its nodes. A crossing is a node whose byte the head does not match, although the
 * head may have ended some bytes before it.
 */
export class Crossings {
  readonly trie: Trie;
  count = 0;
  /** two numbers each: the node; the bytes after which the head may have ended, and the byte that follows them */
  #cells = new Int32Array(2 * CAPACITY_MIN);
  readonly #vocabulary: Vocabulary;

  constructor(trie: Trie, vocabulary: Vocabulary) {
    this.trie = trie;
    this.#vocabulary = vocabulary;
  }

  /** Approximate bytes. */
  get bytes(): number {
    return OBJECT_BYTES + ARRAY_BYTES + this.#cells.byteLength;
  }

  nodeOf(i: number): number {
    return this.#cells[2 * i]!;
  }

  /** The bytes of the token after which the head may have ended. */
  endedOf(i: number): number {
    return this.#cells[2 * i + 1]! >>> 8;
  }

  /** The byte that follows the end of the head. */
  nextOf(i: number): number {
    return this.#cells[2 * i + 1]! & 0xff;
  }

  add(node: number, ended: number): void {
    const { bytes, offsets } = this.#vocabulary;
    const { first, ordered } = this.trie;
    this.#append(node, (ended << 8) | bytes[offsets[ordered[first[node]!]!]! + ended]!);
  }

  /** Adds those crossings of another head, from index `at` on, at the nodes from … end). Returns the index after them. */
  copy(other: Crossings, at: number, from: number, end: number): number {
    let i = at;
    for (; i < other.count; i++) {
      const node = other.nodeOf(i);
      if (node >= end) break;
      if (node >= from) this.#append(node, other.#cells[2 * i + 1]!);
    }
    return i;
  }

  /** Frees the unused capacity. */
  trim(): void {
    this.#cells = this.#cells.slice(0, 2 * this.count);
  }

  #append(node: number, ended_and_next: number): void {
    const at = 2 * this.count++;
    if (at === this.#cells.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    this.#cells[at] = node;
    this.#cells[at + 1] = ended_and_next;
  }
}

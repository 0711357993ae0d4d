/**
 * Keeps the end of the text within reach. With n tokens left, a token is allowed only if the shortest text after it can
 * be spelt with the n − 1 others (TruncProof 2605.13076). A truncated JSON text is the most common failure.
 */
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { Completion, fewestTokens, OUT_OF_REACH } from "./completion.ts";
import type { Grammar } from "./grammar.ts";
import { EMPTY, NEVER } from "./nodes.ts";

/** The tokens of a state after which the same number of tokens is needed. */
interface Level {
  readonly needed: number;
  readonly mask: Uint32Array;
}

/** Maximum bytes of the levels that are kept: 2,000 masks of 32,000 tokens. */
const BYTES_MAX = 8 * 1024 * 1024;
const TOKENS_A_TURN = 2048;

export class Budget {
  readonly #grammar: Grammar;
  readonly #vocabulary: Vocabulary;
  readonly #advance: (state: number, token_id: number) => number;
  readonly #maskOf: (state: number) => Uint32Array;
  readonly #completion: Completion;
  /** by state, in ascending order of the tokens needed */
  readonly #levels = new Map<number, readonly Level[]>();
  /** by state: the fewest tokens that complete it */
  readonly #needed = new Map<number, number>();
  #generation = -1;
  #bytes = 0;

  constructor(
    grammar: Grammar,
    vocabulary: Vocabulary,
    maskOf: (state: number) => Uint32Array,
    advance: (state: number, token_id: number) => number,
  ) {
    this.#grammar = grammar;
    this.#vocabulary = vocabulary;
    this.#maskOf = maskOf;
    this.#advance = advance;
    this.#completion = new Completion(grammar.automaton);
  }

  /** Approximate bytes that are kept. */
  get bytes(): number {
    return this.#bytes + this.#needed.size * BYTES_OF_A_NUMBER + this.#completion.bytes;
  }

  has(state: number): boolean {
    this.#tidy();
    return this.#levels.has(state);
  }

  /** Finds the levels of a state, in pieces. */
  *make(state: number): Generator<undefined, void> {
    if (this.has(state)) return;
    yield* this.#completion.prepare();
    const mask = this.#maskOf(state);
    const levels = new Map<number, Uint32Array>();
    const { effort } = this.#grammar.automaton.nodes;
    for (let id = 0; id < 32 * mask.length; id++) {
      if (((mask[id >>> 5]! >>> (id & 31)) & 1) === 0) continue;
      const needed = yield* effort.again(() => this.needed(this.#advance(state, id)));
      if (needed === OUT_OF_REACH) continue;
      let level = levels.get(needed);
      if (level === undefined) {
        level = new Uint32Array(mask.length);
        levels.set(needed, level);
      }
      level[id >>> 5]! |= 1 << (id & 31);
      if (id % TOKENS_A_TURN === 0) yield;
    }
    this.#keep(state, levels);
  }

  #keep(state: number, levels: ReadonlyMap<number, Uint32Array>): void {
    if (this.#bytes > BYTES_MAX) {
      this.#levels.clear();
      this.#bytes = 0;
    }
    const sorted = Array.from(levels, ([needed, mask]) => ({ needed, mask })).sort(
      (a, b) => a.needed - b.needed,
    );
    this.#levels.set(state, sorted);
    for (const { mask } of sorted) this.#bytes += mask.byteLength + BYTES_OF_A_NUMBER;
  }

  /** The tokens after which `left` tokens can complete the text. Call `make` first. */
  maskWithin(state: number, left: number): Uint32Array {
    const levels = this.#levels.get(state) ?? [];
    const mask = new Uint32Array(levels[0]?.mask.length ?? 0);
    for (const level of levels) {
      if (level.needed > left) break;
      for (let i = 0; i < mask.length; i++) mask[i]! |= level.mask[i]!;
    }
    return mask;
  }

  /** The fewest tokens that complete a state; OUT_OF_REACH when no number does. Call `make` for any state first. */
  needed(state: number): number {
    if (state === NEVER) return OUT_OF_REACH;
    if (state === EMPTY || this.#grammar.automaton.nullable(state)) return 0;
    const known = this.#needed.get(state);
    if (known !== undefined) return known;
    const { effort } = this.#grammar.automaton.nodes;
    const text = this.#completion.textOf(state);
    effort.spend(16 * (text?.length ?? 0));
    const needed = text === undefined ? OUT_OF_REACH : fewestTokens(this.#vocabulary, text);
    this.#needed.set(state, needed);
    effort.checkpoint();
    return needed;
  }

  #tidy(): void {
    if (this.#generation === this.#grammar.generation) return;
    this.#generation = this.#grammar.generation;
    this.#levels.clear();
    this.#needed.clear();
    this.#completion.forget();
    this.#bytes = 0;
  }
}

/** An entry of a map. */
const BYTES_OF_A_NUMBER = 48;

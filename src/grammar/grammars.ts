/**
 * The grammars compiled lately. A host sends the same grammar with every step of a sequence: it is compiled once, and
 * found again by its text, or by the object that holds it. All that is kept is counted in bytes, and what was not used
 * for longest goes first.
 */
import { Problem } from "../errors.ts";
import { textInOrder } from "../ordered-names.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar, type GrammarLimits } from "./grammar.ts";
import { type GrammarQuestion, type GrammarReport, inspectGrammar } from "./inspect.ts";
import { Matcher, type MatcherOptions } from "./matcher.ts";
import { type GrammarSource, pointerOf } from "./source.ts";

export interface GrammarsLimits extends GrammarLimits {
  /** characters of a grammar as JSON text */
  readonly source_length_max: number;
  /** bytes that all kept grammars take, with their masks */
  readonly kept_bytes_max: number;
}

export const DEFAULT_GRAMMARS_LIMITS: GrammarsLimits = {
  ...DEFAULT_GRAMMAR_LIMITS,
  source_length_max: 512 * 1024,
  kept_bytes_max: 128 * 1024 * 1024,
};

interface Kept {
  readonly grammar: Grammar;
  /** what it took when it was last looked at */
  bytes: number;
  readonly matchers: Map<string, Matcher>;
  /** by the object that holds the options: a step asks several times, and all steps of a stream have one */
  readonly lately: WeakMap<MatcherOptions, Matcher>;
}

export class Grammars {
  readonly #limits: GrammarsLimits;
  /** by text; what was used last stands last */
  readonly #kept = new Map<string, Kept>();
  readonly #keys = new WeakMap<GrammarSource, string>();
  /** of all that are kept, when each was last looked at */
  #bytes = 0;

  constructor(limits: GrammarsLimits = DEFAULT_GRAMMARS_LIMITS) {
    this.#limits = limits;
  }

  /** How many are kept, and the bytes they take. */
  get figures(): { readonly count: number; readonly bytes: number } {
    this.#weighAll();
    return { count: this.#kept.size, bytes: this.#bytes };
  }

  /** A grammar's matcher for a vocabulary; undefined when it has to be compiled first. */
  ready(source: GrammarSource, vocabulary: Vocabulary, options: MatcherOptions): Matcher | undefined {
    const key = this.#keyOf(source);
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const matcher = matcherOf(kept, vocabulary, options);
    // It may have grown since: masks are made while texts are.
    this.#weigh(kept);
    this.#makeRoom();
    return matcher;
  }

  /** Compiles the grammar, a piece at a time. */
  *compile(source: GrammarSource): Generator<undefined, void> {
    const key = this.#keyOf(source);
    if (this.#kept.has(key)) return;
    const grammar = yield* compileGrammar(source, this.#limits);
    const kept: Kept = { grammar, bytes: 0, matchers: new Map(), lately: new WeakMap() };
    this.#kept.set(key, kept);
    this.#weighAll();
    this.#makeRoom();
  }

  /** What is to be told of a grammar. It is compiled by itself: nothing of it is kept. */
  *inspect(question: GrammarQuestion): Generator<undefined, GrammarReport> {
    this.#keyOf(question.source);
    return yield* inspectGrammar(question, this.#limits);
  }

  #weighAll(): void {
    for (const kept of this.#kept.values()) this.#weigh(kept);
  }

  #weigh(kept: Kept): void {
    let bytes = kept.grammar.bytes;
    for (const matcher of kept.matchers.values()) bytes += matcher.bytes;
    this.#bytes += bytes - kept.bytes;
    kept.bytes = bytes;
  }

  /** What was used last stays, however large it is. */
  #makeRoom(): void {
    for (const [key, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#limits.kept_bytes_max || this.#kept.size === 1) return;
      this.#bytes -= bytes;
      this.#kept.delete(key);
    }
  }

  #keyOf(source: GrammarSource): string {
    const known = this.#keys.get(source);
    if (known !== undefined) return known;
    const { value, ...options } = source;
    const text = textInOrder(value);
    if (text.length > this.#limits.source_length_max)
      throw new Problem(
        "grammar_too_large",
        `a grammar may have at most ${this.#limits.source_length_max} characters as JSON (grammar_length_max), got ${text.length}`,
        pointerOf(source),
      );
    const key = `${JSON.stringify(options)} ${text}`;
    this.#keys.set(source, key);
    return key;
  }
}

const MATCHERS_MAX = 16;

function matcherOf(kept: Kept, vocabulary: Vocabulary, options: MatcherOptions): Matcher {
  const lately = kept.lately.get(options);
  if (lately?.vocabulary === vocabulary) return lately;
  const { matchers } = kept;
  const key = JSON.stringify([vocabulary.name, options.after, options.end_ids]);
  if (matchers.size >= MATCHERS_MAX && !matchers.has(key)) matchers.clear();
  const matcher = matchers.get(key) ?? new Matcher(kept.grammar, vocabulary, options);
  matchers.set(key, matcher);
  kept.lately.set(options, matcher);
  return matcher;
}

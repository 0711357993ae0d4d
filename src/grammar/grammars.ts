/**
 * A cache of compiled grammars. A host sends the same grammar with every step of a sequence. It is compiled once and
 * found again by a hash of its text, or by the object that holds it. The cache counts the bytes of all its grammars and
 * drops the least recently used first.
 *
 * Work on a grammar is done in pieces, and other steps run between two pieces. Requests that need the same grammar
 * share one compilation and take turns with its pieces. Only one request works on a compiled grammar at a time: a
 * request that arrives meanwhile first helps to finish that work.
 */
import { Problem } from "../errors.ts";
import { textInOrder } from "../ordered-names.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { Effort } from "./effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar, type GrammarLimits } from "./grammar.ts";
import { type GrammarQuestion, type GrammarReport, inspectGrammar } from "./inspect.ts";
import { Job } from "./job.ts";
import { Matcher, type MatcherOptions } from "./matcher.ts";
import { SharedHeads } from "./shared-heads.ts";
import { type GrammarSource, pointerOf } from "./source.ts";

export interface GrammarsLimits extends GrammarLimits {
  /** maximum characters of a grammar as JSON text */
  readonly source_length_max: number;
  /** maximum bytes of all kept grammars, including their masks */
  readonly kept_bytes_max: number;
}

export const DEFAULT_GRAMMARS_LIMITS: GrammarsLimits = {
  ...DEFAULT_GRAMMAR_LIMITS,
  source_length_max: 512 * 1024,
  kept_bytes_max: 128 * 1024 * 1024,
};

/** The counters of grammars for metrics. */
export interface GrammarsFigures {
  /** number of kept grammars, and the bytes that they take */
  readonly count: number;
  readonly bytes: number;
  /** units of work (effort.ts) that all grammars have taken so far */
  readonly work_units: number;
  /** compilations and walks that were started */
  readonly jobs: number;
}

interface Kept {
  readonly grammar: Grammar;
  /** its bytes when they were last counted; 0 while it is not kept */
  bytes: number;
  readonly matchers: Map<string, Matcher>;
  /**
   * by the object that holds the options: one step looks it up several times, and all steps of a stream share one
   * object
   */
  readonly lately: WeakMap<MatcherOptions, Matcher>;
  /** work in progress; the requests that do it hold it */
  job: WeakRef<Job<unknown>> | undefined;
  /** a step has used it since the last rest */
  is_used: boolean;
}

/** A short and unique key of a text. */
export type TextHash = (text: string) => string;

/** Called before each piece of work on a grammar. */
export interface GrammarWatch {
  /** Call this during long work on this grammar. */
  works(grammar: string): void;
  /** True when the grammar is refused because a worker process ended while working on it. */
  isRefused(grammar: string): boolean;
}

const UNWATCHED: GrammarWatch = { works: () => undefined, isRefused: () => false };

/** Number of remembered refused sources: compiling one again would take as long as the first time. */
const REFUSED_MAX = 256;
/** Results that grammars share may take 1/n of the bytes of the cache, where n is this number. */
const HEADS_PART = 8;
/** At rest, grammars that no step has used lately may take 1/n of the bytes of the cache, where n is this number. */
const REST_PART = 16;
/** Bytes of a kept grammar that are not counted elsewhere: its rules, maps and objects. Measured. */
const KEPT_BYTES = 56 * 1024;

export class Grammars {
  readonly #limits: GrammarsLimits;
  readonly #hash: TextHash;
  readonly #watch: GrammarWatch;
  /** by hash; the most recently used is last */
  readonly #kept = new Map<string, Kept>();
  readonly #keys = new WeakMap<GrammarSource, string>();
  readonly #compiling = new Map<string, WeakRef<Job<Kept>>>();
  readonly #refused = new Map<string, Problem>();
  /** bytes of all kept grammars, each as last counted */
  #bytes = 0;
  /** results for the masks of one grammar that other grammars reuse */
  readonly #heads: SharedHeads;
  #work_units = 0;
  #jobs = 0;

  constructor(
    limits: GrammarsLimits = DEFAULT_GRAMMARS_LIMITS,
    hash: TextHash = (text) => text,
    watch: GrammarWatch = UNWATCHED,
  ) {
    this.#limits = limits;
    this.#heads = new SharedHeads(limits.kept_bytes_max / HEADS_PART);
    this.#hash = hash;
    this.#watch = watch;
  }

  get figures(): GrammarsFigures {
    for (const kept of this.#kept.values()) this.#weigh(kept);
    const { size: count } = this.#kept;
    return {
      count,
      bytes: this.#bytes + this.#heads.bytes,
      work_units: Math.round(this.#work_units),
      jobs: this.#jobs,
    };
  }

  /**
   * Drops the grammars that no step has used since the last call, the least recently used first, until all grammars
   * take at most a sixteenth of kept_bytes_max. Returns true when it dropped some.
   */
  rest(): boolean {
    const { size } = this.#kept;
    for (const [key, kept] of this.#kept) {
      if (!kept.is_used && this.#bytes > this.#limits.kept_bytes_max / REST_PART) this.#drop(key, kept);
      kept.is_used = false;
    }
    return this.#kept.size < size;
  }

  /**
   * A grammar's matcher for a vocabulary; undefined when the grammar must be compiled first or another request works on
   * it.
   */
  ready(source: GrammarSource, vocabulary: Vocabulary, options: MatcherOptions): Matcher | undefined {
    const key = this.#keyOf(source);
    const kept = this.#kept.get(key);
    if (kept === undefined || jobOf(kept) !== undefined) return undefined;
    const matcher = matcherOf(kept, vocabulary, options);
    // The grammar may have grown since: steps make masks.
    this.#use(key, kept);
    return matcher;
  }

  /** Compiles the grammar in pieces. */
  *compile(source: GrammarSource): Generator<undefined, void> {
    yield* this.#compiled(this.#keyOf(source), source);
  }

  /** Reports on a grammar, which is compiled separately and not cached. */
  *inspect(question: GrammarQuestion): Generator<undefined, GrammarReport> {
    return yield* this.#watched(this.#keyOf(question.source), inspectGrammar(question, this.#limits));
  }

  /** Works on a grammar through its matcher, in pieces and alone. The grammar is kept when the work is done. */
  *work<Result>(
    source: GrammarSource,
    vocabulary: Vocabulary,
    options: MatcherOptions,
    work: (matcher: Matcher) => Generator<undefined, Result>,
  ): Generator<undefined, Result> {
    const key = this.#keyOf(source);
    const kept = yield* this.#compiled(key, source);
    for (let other = jobOf(kept); other !== undefined; other = jobOf(kept)) {
      other.advance();
      yield;
    }
    const { effort } = kept.grammar.automaton.nodes;
    const units = effort.units;
    const job = new Job(this.#watched(key, work(matcherOf(kept, vocabulary, options))));
    kept.job = new WeakRef(job);
    this.#jobs++;
    try {
      return yield* job.finish();
    } finally {
      this.#work_units += effort.units - units;
      kept.job = undefined;
      this.#use(key, kept);
    }
  }

  *#compiled(key: string, source: GrammarSource): Generator<undefined, Kept> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const refusal = this.#refused.get(key);
    if (refusal !== undefined) throw refusal;
    this.#askWatch(key); // before the job: one that has not begun would not take itself off the list
    const begun = this.#compiling.get(key)?.deref();
    const job = begun ?? new Job(this.#watched(key, this.#compileNew(key, source)));
    if (begun === undefined) this.#compiling.set(key, new WeakRef(job));
    return yield* job.finish();
  }

  *#compileNew(key: string, source: GrammarSource): Generator<undefined, Kept> {
    this.#jobs++;
    const effort = new Effort();
    try {
      const grammar = yield* compileGrammar(source, this.#limits, effort, this.#heads);
      const kept: Kept = {
        grammar,
        bytes: 0,
        matchers: new Map(),
        lately: new WeakMap(),
        job: undefined,
        is_used: true,
      };
      this.#use(key, kept);
      return kept;
    } catch (error) {
      if (error instanceof Problem) this.#refuse(key, error);
      throw error;
    } finally {
      this.#work_units += effort.units;
      this.#compiling.delete(key);
    }
  }

  /** Like the above, and calls the watch before each piece. Throws a Problem when the watch refuses the grammar. */
  *#watched<Result>(key: string, pieces: Generator<undefined, Result>): Generator<undefined, Result> {
    try {
      for (;;) {
        this.#askWatch(key);
        this.#watch.works(key);
        const next = pieces.next();
        if (next.done === true) return next.value;
        yield;
      }
    } finally {
      pieces.return(undefined as never); // a generator that has ended ignores it
    }
  }

  #askWatch(key: string): void {
    if (!this.#watch.isRefused(key)) return;
    const sentence =
      "a worker process ended while it worked on this grammar, which is refused for some minutes";
    throw new Problem("grammar_refused", sentence);
  }

  #refuse(key: string, problem: Problem): void {
    const [oldest] = this.#refused.keys();
    if (this.#refused.size >= REFUSED_MAX && oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(key, problem);
  }

  /** Marks it as the most recently used. The most recently used grammar stays, however large it is. */
  #use(key: string, kept: Kept): void {
    const other = this.#kept.get(key);
    if (other !== undefined && other !== kept) this.#drop(key, other);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    kept.is_used = true;
    this.#weigh(kept);
    for (const [oldest, each] of this.#kept) {
      if (this.#bytes + this.#heads.bytes <= this.#limits.kept_bytes_max || this.#kept.size === 1) return;
      this.#drop(oldest, each);
    }
  }

  #drop(key: string, kept: Kept): void {
    this.#bytes -= kept.bytes;
    kept.bytes = 0;
    this.#kept.delete(key);
  }

  #weigh(kept: Kept): void {
    let bytes = KEPT_BYTES + kept.grammar.bytes;
    for (const [key, matcher] of kept.matchers) bytes += 2 * key.length + matcher.bytes;
    this.#bytes += bytes - kept.bytes;
    kept.bytes = bytes;
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
    const key = this.#hash(`${JSON.stringify(options)} ${text}`);
    this.#keys.set(source, key);
    return key;
  }
}

function jobOf({ job }: Kept): Job<unknown> | undefined {
  const held = job?.deref();
  return held?.is_done === false ? held : undefined;
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

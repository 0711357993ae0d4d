/**
 * What a stage may know besides the candidates: the sequence so far and its randomness. All steps of a
 * sampler share one object. `start` resets it, so that nothing of one step is visible in the next.
 */
import { Grammars } from "../grammar/grammars.ts";
import type { TokenTable } from "../kernels/kernel.ts";
import { NO_VOCABULARIES, type Vocabularies } from "../vocabulary/vocabularies.ts";
import type { TokenIds, Vocabulary } from "../vocabulary/vocabulary.ts";
import { FadingTokens } from "./history/fading.ts";
import { matchableEnd, withoutForeignIds } from "./history/foreign-ids.ts";
import type { PreparedHistory } from "./history/prepared-history.ts";
import { Remembered } from "./history/remembered.ts";
import { RepeatFinder, type Repeats } from "./history/repeats.ts";
import type { SeenTokens } from "./history/seen-tokens.ts";
import type { StepSequence } from "./history/sequence.ts";
import type { StepText } from "./history/step-text.ts";
import { TokenCounter } from "./history/token-counter.ts";
import { type Purpose, uniform } from "./rng.ts";

/** The part of the history that a penalty uses. */
export type Scope = "history" | "generated";

export class StepContext implements StepText {
  readonly #counter: TokenCounter;
  readonly #fading = new FadingTokens();
  readonly #finder = new RepeatFinder();
  #state: StepSequence["state"] = {};
  #prepared: PreparedHistory | undefined;
  /** the largest id of the history plus 1: the length of tables by token id */
  #id_end = 0;
  /** the value that a stage wants to know about the drawn token */
  readonly remembered = new Remembered();
  /** numbers that a stage computed, by their name in the reply */
  readonly found = new Map<string, number>();
  /** token ids so far, prompt first; an id without a logit in the row is a number that equals no other */
  history: TokenIds = [];
  /** the same ids as sent: watermarks are keyed by them */
  sent_history: TokenIds = [];
  /** how many of `history` are prompt; the rest was generated */
  prompt_length = 0;
  vocab_size = 0;
  seed = "0";
  step = 0;
  vocabulary: Vocabulary | undefined;
  readonly grammars: Grammars;
  readonly #vocabularies: Vocabularies;

  /** Tokens are counted in `table`, which only one context uses at a time. */
  constructor(
    table: TokenTable,
    vocabularies: Vocabularies = NO_VOCABULARIES,
    grammars: Grammars = new Grammars(),
  ) {
    this.#counter = new TokenCounter(table);
    this.#vocabularies = vocabularies;
    this.vocabulary = vocabularies.standard;
    this.grammars = grammars;
  }

  /** The text of a step before it begins. Throws a Problem for an unknown vocabulary. */
  textOf({ history, prompt_length, vocabulary }: StepSequence): StepText {
    return {
      history,
      prompt_length,
      vocabulary: this.#vocabularies.of(vocabulary),
      grammars: this.grammars,
    };
  }

  /** Takes the sequence of one step. Ids of the history without a logit in the row match nothing. */
  start(step: StepSequence, seed: string, vocab_size: number): void {
    this.remembered.forget();
    this.found.clear();
    this.history = step.history;
    this.sent_history = step.history;
    this.prompt_length = step.prompt_length;
    this.vocab_size = vocab_size;
    this.seed = seed;
    this.step = step.step;
    this.#state = step.state;
    this.vocabulary = this.#vocabularies.of(step.vocabulary);
    this.#prepared = step.prepared;
    this.#id_end = this.#counter.take(step.history, step.prompt_length, step.prepared);
    const end = matchableEnd(vocab_size);
    if (this.#id_end > end) this.#leaveOutForeign(end);
  }

  /**
   * Ids from `end` on match nothing: see foreign-ids.ts. A history that was prepared for other steps may leave out other ids.
   */
  #leaveOutForeign(end: number): void {
    this.history = withoutForeignIds(this.sent_history, end);
    this.#prepared = undefined;
    this.#id_end = this.#counter.takeOwn(this.sent_history, this.prompt_length, end);
  }

  /** The checked state of a stage. */
  stateOf(stage: string): unknown {
    return this.#state[stage];
  }

  /** The number of tokens generated so far. */
  get generated(): number {
    return this.history.length - this.prompt_length;
  }

  /** A uniform in (0, 1) with 53 bits for this step, keyed by its purpose and by the draw, from 0. */
  uniform(purpose: Purpose, draw = 0): number {
    return uniform(purpose, this.seed, this.step, draw);
  }

  /** The distinct tokens among the last `last_n` of the scope (−1: all of it), with their counts. */
  tokensSeen(last_n: number, scope: Scope): SeenTokens {
    return this.#counter.count(this.firstOf(last_n, scope), this.history.length);
  }

  /**
   * The distinct tokens of the scope with their weights: 1 for the last `last_n` (−1: for all), then falling to 0 within
   * `decay_range` tokens more. Valid until the next call.
   */
  tokensFading(last_n: number, decay_range: number, scope: Scope): FadingTokens {
    return this.#fading.weigh(this.history, this.firstOf(-1, scope), last_n, decay_range, this.#id_end);
  }

  /** Index at which the last `last_n` tokens of the scope begin (−1: all of it). */
  firstOf(last_n: number, scope: Scope): number {
    const begin = scope === "generated" ? this.prompt_length : 0;
    return last_n < 0 ? begin : Math.max(begin, this.history.length - last_n);
  }

  /** The tokens that would continue a run of history[first …], of at least length_min; longer ones count as length_max. */
  repeatsSince(first: number, length_min: number, length_max: number): Repeats {
    const key = `${first} ${length_min} ${length_max}`;
    const known = this.#prepared?.repeats.get(key);
    if (known !== undefined) return known;
    const limits = { length_min, length_max, id_end: this.#id_end };
    const found = this.#finder.find(this.history, first, this.history.length, limits);
    if (this.#prepared === undefined) return found;
    const kept = keptRepeats(found);
    this.#prepared.repeats.set(key, kept);
    return kept;
  }
}

function keptRepeats({ token_ids, lengths, count }: Repeats): Repeats {
  return { token_ids: token_ids.slice(0, count), lengths: lengths.slice(0, count), count };
}

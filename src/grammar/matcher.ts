/**
 * The place of a sequence in a grammar: a state that is a pure function of the tokens generated so far. States of
 * earlier sequences are cached, so a step costs one token's bytes. A stream's history grows in place and is recognised
 * by its object.
 *
 * A state is a node of the automaton, or negative while the trigger of a lazy grammar has not come (waiting.ts).
 */
import { Problem } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { spelled } from "../vocabulary/spelling.ts";
import { bytesOf, type TokenIds, type Vocabulary } from "../vocabulary/vocabulary.ts";
import { Budget } from "./budget.ts";
import type { Grammar } from "./grammar.ts";
import type { Masks } from "./mask.ts";
import { EMPTY, NEVER } from "./nodes.ts";
import { isWaiting, type Trigger, Waiting } from "./waiting.ts";

/** How a grammar applies to a text of a vocabulary. */
export interface MatcherOptions {
  /** undefined: the grammar holds from the beginning */
  readonly after: Trigger | undefined;
  /** ids that end the text; undefined: those of the vocabulary */
  readonly end_ids: readonly number[] | undefined;
}

const SEQUENCES_MAX = 64;
/** Maximum tokens of all cached sequences together: 8 bytes each. */
const TOKENS_MAX = 1_048_576;
/** Maximum ids of all lists of banned tokens together; when there are more, all lists are forgotten. */
const BANNED_MAX = 524_288;
/** An id and a state. */
const BYTES_OF_A_TOKEN = 8;
/** Bytes of an id in a list of banned ids, and the number of tokens for which a sequence itself counts. */
const BYTES_OF_A_LISTED_ID = 6;
const SEQUENCE_TOKENS = 64;

/** An earlier sequence: its generated tokens, and the state after each number of them. */
interface Sequence {
  token_ids: Int32Array;
  states: Int32Array;
  length: number;
  generation: number;
}

export class Matcher {
  readonly grammar: Grammar;
  readonly vocabulary: Vocabulary;
  readonly masks: Masks;
  readonly #spelled: Vocabulary;
  /** the tokens from which the end is reachable; computed when a step first needs it */
  readonly budget: Budget;
  readonly #end_ids: ReadonlySet<number>;
  /** words of a mask for all tokens */
  readonly #end_words: number;
  /** undefined: the grammar holds from the beginning */
  readonly #waiting: Waiting | undefined;
  readonly #sequences: Sequence[] = [];
  readonly #own = new WeakMap<TokenIds, Sequence>();
  readonly #start: number;
  /** by waiting state */
  readonly #banned = new Map<number, readonly number[]>();
  #banned_count = 0;

  constructor(grammar: Grammar, vocabulary: Vocabulary, { after: trigger, end_ids }: MatcherOptions) {
    this.grammar = grammar;
    this.vocabulary = vocabulary;
    this.#spelled = spelled(vocabulary);
    requireSpecial(grammar.token_ids, vocabulary);
    this.masks = grammar.masksFor(vocabulary);
    this.#end_ids = new Set(end_ids ?? vocabulary.end_ids);
    this.#end_words = 1 + ([...this.#end_ids].reduce((most, id) => Math.max(most, id), 0) >>> 5);
    this.#waiting = trigger && new Waiting(trigger);
    this.budget = new Budget(
      grammar,
      vocabulary,
      (state) => this.masks.of(state),
      (state, token_id) => this.advance(state, token_id),
    );
    this.#start = this.#waiting?.start ?? grammar.start;
  }

  /** Approximate bytes of the sequences and lists. */
  get bytes(): number {
    let tokens = this.#banned_count + BYTES_OF_A_LISTED_ID * this.#end_ids.size;
    for (const { token_ids } of this.#sequences) tokens += SEQUENCE_TOKENS + token_ids.length;
    return tokens * BYTES_OF_A_TOKEN + this.budget.bytes + (this.#waiting?.bytes ?? 0);
  }

  /** The state after history[from …]. Throws a Problem for a token that the grammar does not accept. */
  *follow(history: TokenIds, from: number): Generator<undefined, number> {
    this.grammar.tidy();
    this.grammar.openAccount();
    const length = history.length - from;
    const sequence = this.#sequenceFor(history, from);
    while (sequence.length < length) {
      const before = sequence.states[sequence.length]!;
      const token_id = history[from + sequence.length]!;
      const state = yield* this.advanced(before, token_id);
      if (state === NEVER) throw this.#left(history, from + sequence.length, before);
      append(sequence, token_id, state);
      this.#effort.units++;
      if (this.#effort.isDue()) yield;
    }
    return sequence.states[length]!;
  }

  get #effort() {
    return this.grammar.automaton.nodes.effort;
  }

  /** Like the above without pieces, for histories that are mostly cached. May pause if the caller allows it. */
  stateBehind(history: TokenIds, from: number): number {
    const length = history.length - from;
    const sequence = this.#sequenceFor(history, from);
    while (sequence.length < length) {
      const before = sequence.states[sequence.length]!;
      const token_id = history[from + sequence.length]!;
      const state = this.advance(before, token_id);
      if (state === NEVER) throw this.#left(history, from + sequence.length, before);
      append(sequence, token_id, state);
      this.#effort.units++;
      this.#effort.checkpoint();
    }
    return sequence.states[length]!;
  }

  /** Does the work if it fits into one slice; otherwise returns undefined and keeps the partial results. */
  briefly<T>(work: () => T): T | undefined {
    this.grammar.openAccount();
    return this.#effort.briefly(work);
  }

  /**
   * Whether the mask of a step is made, or needs at most one piece of work. If not, it should be made while other
   * requests have turns.
   */
  isReady(history: TokenIds, from: number): boolean {
    if (this.grammar.is_crowded) return false;
    return this.briefly(() => this.hasMade(this.stateBehind(history, from))) === true;
  }

  /** True when everything that a step in this state needs is ready. */
  hasMade(state: number): boolean {
    return isWaiting(state) ? this.#banned.has(state) : this.masks.has(state);
  }

  /** Computes the transitions and masks that a step in this state needs. */
  *make(state: number): Generator<undefined, void> {
    if (!isWaiting(state)) yield* this.masks.make(state);
    else if (!this.#banned.has(state)) {
      const banned = yield* this.#findBanned(state);
      if (this.#banned_count > BANNED_MAX) {
        this.#banned.clear();
        this.#banned_count = 0;
      }
      this.#banned.set(state, banned);
      this.#banned_count += banned.length;
    }
  }

  /**
   * The tokens that are banned while the grammar waits: those that contain the trigger and continue with text that the
   * grammar refuses.
   */
  bannedIn(state: number): readonly number[] {
    allAtOnce(this.make(state));
    return this.#banned.get(state) ?? [];
  }

  *#findBanned(state: number): Generator<undefined, readonly number[]> {
    const banned: number[] = [];
    if (this.#waiting?.looksInside !== true) return banned;
    for (let id = 0; id < this.vocabulary.size; id++) {
      if ((yield* this.advanced(state, id)) === NEVER) banned.push(id);
      this.#effort.units++;
      if (this.#effort.isDue()) yield;
    }
    return banned;
  }

  /**
   * The tokens that may come in a state where the grammar holds, with the end tokens where the text may end. With
   * `left`, only tokens after which this number of tokens can complete the text.
   */
  maskOf(state: number, left?: number): Uint32Array {
    const mask = left === undefined ? this.masks.of(state) : this.budget.maskWithin(state, left);
    if (!this.grammar.automaton.nullable(state)) return mask;
    const whole = new Uint32Array(Math.max(mask.length, this.#end_words));
    whole.set(mask);
    for (const id of this.#end_ids) whole[id >>> 5]! |= 1 << (id & 31);
    return whole;
  }

  /** The state after one more token; NEVER when the grammar does not accept it. */
  advance(state: number, token_id: number): number {
    const { automaton, token_ids } = this.grammar;
    if (this.#waiting !== undefined && isWaiting(state)) {
      const { start } = this.grammar;
      const bytes = bytesOf(this.vocabulary, token_id);
      return this.#waiting.advance(state, token_id, bytes, (rest) => this.grammar.advance(start, rest));
    }
    const is_named = token_ids.has(token_id);
    const is_end = this.#end_ids.has(token_id);
    if (is_end && !is_named) return automaton.nullable(state) ? EMPTY : NEVER;
    const bytes = bytesOf(this.#spelled, token_id);
    const next = bytes.length === 0 ? NEVER : this.grammar.advance(state, bytes);
    return next === NEVER && is_end && automaton.nullable(state) ? EMPTY : next;
  }

  /** Like the above, in pieces. */
  advanced(state: number, token_id: number): Generator<undefined, number> {
    return this.#effort.again(() => this.advance(state, token_id));
  }

  #left(history: TokenIds, index: number, state: number): Problem {
    const ended = state === EMPTY ? ", since the text has ended" : "";
    return new Problem(
      "grammar_left",
      `the generated part of history must fit the grammar; token ${history[index]} at ${index} cannot come there${ended}`,
      `/history/${index}`,
    );
  }

  /** The cached sequence with the longest common prefix, cut or copied so that it can grow into this one. */
  #sequenceFor(history: TokenIds, from: number): Sequence {
    const own = this.#own.get(history);
    const known = own === undefined ? this.#sequences : [own];
    const length = history.length - from;
    let best: Sequence | undefined;
    let shared = -1;
    for (const sequence of known) {
      if (sequence.generation !== this.grammar.generation) continue;
      if (!mayShare(sequence, history, from, length, shared)) continue;
      const common = commonLength(sequence, history, from, length);
      if (common <= shared) continue;
      best = sequence;
      shared = common;
    }
    if (best === undefined) return this.#keep(newSequence(this.#start, this.grammar.generation), history);
    if (best.length >= length && shared === length) return best;
    if (shared === best.length || best === own) {
      best.length = shared;
      return best;
    }
    return this.#keep(copyOf(best, shared), history);
  }

  #keep(sequence: Sequence, history: TokenIds): Sequence {
    this.#sequences.push(sequence);
    this.#own.set(history, sequence);
    let tokens = 0;
    for (const { token_ids } of this.#sequences) tokens += token_ids.length;
    while (this.#sequences.length > SEQUENCES_MAX || (tokens > TOKENS_MAX && this.#sequences.length > 1))
      tokens -= this.#sequences.shift()?.token_ids.length ?? 0;
    return sequence;
  }
}

/** A token with text is written as its text: a grammar names only special tokens. */
function requireSpecial(token_ids: ReadonlySet<number>, { name, special }: Vocabulary): void {
  for (const id of token_ids)
    if (!special.has(id))
      throw new Problem(
        "grammar_unsupported",
        `a grammar may name special tokens of vocabulary "${name}", got <[${id}]>, which is none: write its text`,
        "/grammar",
      );
}

/** Most cached sequences belong to other texts: their last token shows that, without comparing the rest. */
function mayShare(
  sequence: Sequence,
  history: TokenIds,
  from: number,
  length: number,
  shared: number,
): boolean {
  const last = Math.min(sequence.length, length);
  if (last <= shared) return false;
  return shared < 0 || sequence.token_ids[shared] === history[from + shared];
}

function commonLength(sequence: Sequence, history: TokenIds, from: number, length: number): number {
  const end = Math.min(sequence.length, length);
  const { token_ids } = sequence;
  for (let i = 0; i < end; i++) if (token_ids[i] !== history[from + i]) return i;
  return end;
}

function newSequence(start: number, generation: number): Sequence {
  const states = new Int32Array(17);
  states[0] = start;
  return { token_ids: new Int32Array(16), states, length: 0, generation };
}

function copyOf(
  { token_ids, states, generation }: Sequence,
  length: number,
  capacity = length + 16,
): Sequence {
  const copy = {
    token_ids: new Int32Array(capacity),
    states: new Int32Array(capacity + 1),
    length,
    generation,
  };
  copy.token_ids.set(token_ids.subarray(0, length));
  copy.states.set(states.subarray(0, length + 1));
  return copy;
}

function append(sequence: Sequence, token_id: number, state: number): void {
  if (sequence.length === sequence.token_ids.length) {
    const { token_ids, states } = copyOf(sequence, sequence.length, 2 * sequence.length);
    sequence.token_ids = token_ids;
    sequence.states = states;
  }
  sequence.token_ids[sequence.length] = token_id;
  sequence.length++;
  sequence.states[sequence.length] = state;
}

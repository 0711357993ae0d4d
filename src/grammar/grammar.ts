/**
 * A compiled grammar: its automaton, its start state, and the masks of its states for each vocabulary. Compilation is
 * done in pieces, because a large schema takes longer than other requests should wait.
 */

import { Problem } from "../errors.ts";
import { allAtOnce } from "../pieces.ts";
import { tokensOf } from "../vocabulary/tokens.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import type { Automaton } from "./automaton.ts";
import { boundedPieces } from "./bounded.ts";
import { Effort, WORK_MAX } from "./effort.ts";
import { plainCharacter } from "./json/lexemes.ts";
import { Masks } from "./mask.ts";
import { NEVER, Nodes } from "./nodes.ts";
import { type GrammarNote, GrammarNotes } from "./notes.ts";
import { PlainStates } from "./plain-states.ts";
import { Rules } from "./rules.ts";
import { SharedHeads } from "./shared-heads.ts";
import { type GrammarSource, kindNamed, pointerOf } from "./source.ts";

export interface GrammarLimits {
  /** parts of a grammar, including states */
  readonly nodes_max: number;
  /** maximum transitions that are kept, 4 bytes each */
  readonly transitions_max: number;
  /** maximum bytes of masks that are kept for one vocabulary */
  readonly mask_bytes_max: number;
  /** maximum units of work (effort.ts) to compile a grammar, and to follow a text and make its mask in one step */
  readonly work_max: number;
}

export const DEFAULT_GRAMMAR_LIMITS: GrammarLimits = {
  nodes_max: 524_288,
  transitions_max: 8 * 1024 * 1024,
  mask_bytes_max: 32 * 1024 * 1024,
  work_max: WORK_MAX,
};

export class Grammar {
  readonly automaton: Automaton;
  readonly start: number;
  /** what it does not hold to */
  readonly notes: readonly GrammarNote[];
  /** ids of the special tokens that the grammar names */
  readonly token_ids: ReadonlySet<number>;
  readonly #plain: number;
  readonly #limits: GrammarLimits;
  readonly #heads: SharedHeads;
  readonly #masks = new Map<Vocabulary, Masks>();
  readonly #plain_states: PlainStates[] = [];
  /** counts how often states were forgotten; a state is valid for one generation */
  generation = 0;

  constructor(
    automaton: Automaton,
    start: number,
    plain: number,
    limits: GrammarLimits,
    notes: GrammarNotes = new GrammarNotes(),
    heads: SharedHeads = new SharedHeads(limits.mask_bytes_max / 2),
  ) {
    this.#heads = heads;
    this.automaton = automaton;
    this.start = start;
    this.notes = notes.all;
    this.token_ids = notes.token_ids;
    this.#plain = plain;
    this.#limits = limits;
  }

  masksFor(vocabulary: Vocabulary): Masks {
    const known = this.#masks.get(vocabulary);
    if (known !== undefined) return known;
    const tokens = tokensOf(vocabulary);
    const plain = new PlainStates(this.automaton, this.#plain);
    const masks = new Masks(this.automaton, plain, tokens, this.#limits.mask_bytes_max, this.#heads);
    this.#plain_states.push(plain);
    this.#masks.set(vocabulary, masks);
    return masks;
  }

  /** The state after some bytes; NEVER when the grammar does not accept them. */
  advance(state: number, bytes: Uint8Array): number {
    let next = state;
    for (let i = 0; i < bytes.length && next !== NEVER; i++) next = this.automaton.step(next, bytes[i]!);
    return next;
  }

  /** Opens the account of a step, for all the work of following its text and making its mask. */
  openAccount(): void {
    this.automaton.nodes.effort.open(this.#limits.work_max);
  }

  /** True when walking has made so many states that they should be forgotten before the next walk. */
  get is_crowded(): boolean {
    return this.automaton.is_crowded;
  }

  /** Call this between two steps. Forgets what walking has made when it has become much. */
  tidy(): void {
    if (!this.is_crowded) return;
    this.automaton.forget();
    for (const plain of this.#plain_states) plain.forget();
    for (const masks of this.#masks.values()) masks.forget();
    this.generation++;
  }

  /** Approximate bytes of the tables and masks. */
  get bytes(): number {
    let bytes = this.automaton.bytes + this.automaton.nodes.bytes;
    for (const masks of this.#masks.values()) bytes += masks.bytes;
    return bytes;
  }
}

/**
 * Compiles a grammar. Throws a Problem whose pointer is relative to the grammar: `/json_schema/properties/a/pattern`.
 * `heads`: results of other grammars, if they are kept. `all_notes` collects the notes.
 */
export function* compileGrammar(
  source: GrammarSource,
  limits: GrammarLimits = DEFAULT_GRAMMAR_LIMITS,
  effort = new Effort(),
  heads?: SharedHeads,
  all_notes = new GrammarNotes(),
): Generator<undefined, Grammar> {
  effort.open(limits.work_max);
  const kind = kindNamed(source.kind);
  const nodes = new Nodes(limits.nodes_max, effort);
  const rules = new Rules(nodes);
  const notes = all_notes.below(pointerOf(source));
  // The bytes of special tokens need classes of their own from the start, in every grammar.
  const plain = plainCharacter(nodes);
  try {
    const node = yield* boundedPieces(kind.compile(nodes, rules, source, notes));
    yield;
    const { automaton, root } = yield* boundedPieces(rules.sealed(node, limits.transitions_max));
    if (root === NEVER) throw new Problem("grammar_invalid", "the grammar admits no text at all");
    effort.open(Number.POSITIVE_INFINITY);
    return new Grammar(automaton, root, plain, limits, notes, heads);
  } catch (error) {
    throw error instanceof Problem ? error.within(pointerOf(source)) : error;
  }
}

/** All pieces at once. */
export function compiled(source: GrammarSource, limits: GrammarLimits = DEFAULT_GRAMMAR_LIMITS): Grammar {
  return allAtOnce(compileGrammar(source, limits));
}

/**
 * Reports on a grammar before a token is drawn with it: its size, the parts that masks do not enforce, and whether a
 * text matches it.
 */
import { bytesOf, type Vocabulary } from "../vocabulary/vocabulary.ts";
import { Effort } from "./effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar, type GrammarLimits } from "./grammar.ts";
import { Matcher, type MatcherOptions } from "./matcher.ts";
import { NEVER } from "./nodes.ts";
import type { GrammarNote } from "./notes.ts";
import type { GrammarSource } from "./source.ts";

/** Inputs of a report. */
export interface GrammarQuestion {
  readonly source: GrammarSource;
  /** the vocabulary for the list of tokens that may follow; undefined: no tokens are listed */
  readonly vocabulary: Vocabulary | undefined;
  readonly options: MatcherOptions;
  /** the text so far */
  readonly text: string;
  /** maximum number of tokens in the list */
  readonly tokens_max: number;
}

export interface GrammarReport {
  readonly kind: string;
  /** parts of expressions, including states */
  readonly parts: number;
  /** memory of the grammar and of the masks made so far */
  readonly bytes: number;
  /** units of work to compile it, at most grammar_work_max */
  readonly work: number;
  readonly notes: readonly GrammarNote[];
  readonly text: TextReport;
  /** null without a vocabulary, or when the text does not match */
  readonly next: NextReport | null;
}

/** How a text relates to a grammar. */
export interface TextReport {
  /** whether the text is a complete text of the grammar */
  readonly is_complete: boolean;
  /** whether some text of the grammar begins with it */
  readonly is_begun: boolean;
  /** UTF-8 bytes before the first that does not match; null when all match */
  readonly left_at: number | null;
}

/** The tokens that may follow a text. */
export interface NextReport {
  readonly vocabulary: string;
  /** whether some token or an end may follow; false: the vocabulary cannot spell any text that the grammar requires */
  readonly fits: boolean;
  readonly count: number;
  /** the first of them, by id */
  readonly token_ids: readonly number[];
  readonly texts: readonly (string | null)[];
}

const UTF8 = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true });
/** Bytes of the text that are read between two pauses. */
const BYTES_A_PIECE = 1024;

/** Throws the same Problem as a step when the grammar is invalid. */
export function* inspectGrammar(
  { source, vocabulary, options, text, tokens_max }: GrammarQuestion,
  limits: GrammarLimits = DEFAULT_GRAMMAR_LIMITS,
): Generator<undefined, GrammarReport> {
  const effort = new Effort();
  const grammar = yield* compileGrammar(source, limits, effort);
  const work = Math.round(effort.units);
  effort.open(limits.work_max);
  const { state, left_at } = yield* follow(grammar, UTF8.encode(text));
  const next =
    vocabulary === undefined || state === NEVER
      ? null
      : yield* nextOf(new Matcher(grammar, vocabulary, options), state, tokens_max);
  return {
    kind: source.kind,
    parts: grammar.automaton.nodes.count,
    bytes: grammar.bytes,
    work,
    notes: grammar.notes,
    text: {
      is_complete: state !== NEVER && grammar.automaton.nullable(state),
      is_begun: state !== NEVER,
      left_at,
    },
    next,
  };
}

/** The state after some bytes, or the place of the first byte that does not match. */
function* follow(
  { automaton, start }: Grammar,
  bytes: Uint8Array,
): Generator<undefined, { readonly state: number; readonly left_at: number | null }> {
  const { effort } = automaton.nodes;
  let state = start;
  for (let i = 0; i < bytes.length; i++) {
    const before = state;
    state = yield* effort.again(() => automaton.step(before, bytes[i]!));
    if (state === NEVER) return { state, left_at: i };
    if (i % BYTES_A_PIECE === 0) yield;
  }
  return { state, left_at: null };
}

function* nextOf(matcher: Matcher, state: number, tokens_max: number): Generator<undefined, NextReport> {
  yield* matcher.make(state);
  const { vocabulary } = matcher;
  const mask = matcher.maskOf(state);
  const token_ids: number[] = [];
  let count = 0;
  for (let id = 0; id < 32 * mask.length; id++) {
    if (((mask[id >>> 5]! >>> (id & 31)) & 1) === 0) continue;
    if (count++ < tokens_max) token_ids.push(id);
  }
  return {
    vocabulary: vocabulary.name,
    fits: count > 0,
    count,
    token_ids,
    texts: token_ids.map((id) => vocabulary.special.get(id) ?? textOf(bytesOf(vocabulary, id))),
  };
}

/** null: the token is part of a character. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

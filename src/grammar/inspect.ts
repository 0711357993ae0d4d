/**
 * Reports on a grammar before a token is drawn with it: its size, the parts that masks do not enforce, and how a text relates to
 * it.
 */
import { bytesOf, type Vocabulary } from "../vocabulary/vocabulary.ts";
import { Effort } from "./effort.ts";
import { compileGrammar, DEFAULT_GRAMMAR_LIMITS, type Grammar, type GrammarLimits } from "./grammar.ts";
import { Matcher, type MatcherOptions } from "./matcher.ts";
import { NEVER } from "./nodes.ts";
import type { GrammarNote } from "./notes.ts";
import type { GrammarSource } from "./source.ts";

/** What is asked of a grammar. */
export interface GrammarQuestion {
  readonly source: GrammarSource;
  /** the vocabulary of the tokens that may follow; undefined: no tokens are listed */
  readonly vocabulary: Vocabulary | undefined;
  readonly options: MatcherOptions;
  /** the text so far */
  readonly text: string;
  /** how many of the tokens that may follow are listed */
  readonly tokens_max: number;
}

export interface GrammarReport {
  readonly kind: string;
  /** parts of expressions, states among them */
  readonly parts: number;
  /** memory that it takes, with the masks that were made */
  readonly bytes: number;
  /** units of work that it took to compile, of which grammar_work_max allows so many */
  readonly work: number;
  readonly notes: readonly GrammarNote[];
  readonly text: TextReport;
  /** null where there is no vocabulary, or the text has left the grammar */
  readonly next: NextReport | null;
}

/** Where a text stands in a grammar. */
export interface TextReport {
  /** whether it is a text of the grammar as it is */
  readonly is_complete: boolean;
  /** whether some text of the grammar begins so */
  readonly is_begun: boolean;
  /** UTF-8 bytes before the first that cannot stand there; null when all can */
  readonly left_at: number | null;
}

/** Which tokens may follow a text. */
export interface NextReport {
  readonly vocabulary: string;
  /** whether some token may, or an end: else the vocabulary cannot spell what the grammar wants */
  readonly fits: boolean;
  readonly count: number;
  /** the first of them, by id */
  readonly token_ids: readonly number[];
  readonly texts: readonly (string | null)[];
}

const UTF8 = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true });
/** Bytes of the text between two pieces. */
const BYTES_A_PIECE = 1024;

/** Throws the Problem of an invalid grammar, like a step. */
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

/** The state behind some bytes, or where they leave the grammar. */
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

/** null: part of a character. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Token sequences that are searched at the end of a text: lists of tokens, or a text, which is found in any tokenization,
 * as long as it begins and ends at token borders. No tokenizer is needed.
 */
import { specialNamed, tokensOfBytes } from "../../vocabulary/lookup.ts";
import { bytesOf, type TokenIds, type Vocabulary } from "../../vocabulary/vocabulary.ts";
import type { Scope, StepContext } from "../context.ts";
import type { MinHistory } from "../options/sequences.ts";
import { requireBelow } from "../vocab-size.ts";
import { requireVocabulary } from "./step-text.ts";
import { idsOf, inAnyRow, type NamedIn, type TokenName } from "./token-names.ts";

/** A text and its bytes in UTF-8. */
export interface Spelt {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export type TokenSequence = readonly TokenName[] | Spelt;

const UTF8 = new TextEncoder();

export function spelt(text: string): Spelt {
  return { text, bytes: UTF8.encode(text) };
}

export function isSpelt(sequence: TokenSequence): sequence is Spelt {
  return "bytes" in sequence;
}

/** Longest text, in bytes. Each is searched at every step. */
export const SPELT_BYTES_MAX = 256;

/** A sequence in the form of a search: ids, or bytes with the tokens that may spell them. */
export type Sought = readonly number[] | { readonly bytes: Uint8Array; readonly vocabulary: Vocabulary };

/** The name of a special token is that token, as in tokenizers. */
export function soughtIn(
  sequence: TokenSequence,
  step: Pick<NamedIn, "vocabulary">,
  pointer: string,
): Sought {
  if (!isSpelt(sequence)) return idsOf(sequence, inAnyRow(step), pointer);
  const vocabulary = requireVocabulary(step, "a sequence that is a text", pointer);
  const special = specialNamed(vocabulary, sequence.text);
  return special === undefined ? { bytes: sequence.bytes, vocabulary } : [special];
}

/** The part of the history that is searched. */
export interface Place extends NamedIn {
  readonly history: TokenIds;
  /** index of the first token of the part */
  readonly first: number;
}

/** The part of a step's history that a scope selects. */
export function placeIn(context: StepContext, scope: Scope): Place {
  const { history, vocabulary, vocab_size } = context;
  return { history, vocabulary, vocab_size, first: context.firstOf(-1, scope) };
}

/** The tokens that would complete a sequence; none when the end of the history is not a prefix of it. */
export function completions(
  sequence: TokenSequence,
  place: Place,
  min_history: MinHistory,
  pointer: string,
): readonly number[] {
  const sought = soughtIn(sequence, place, pointer);
  if ("bytes" in sought) {
    const { bytes, vocabulary } = sought;
    return begunBy(bytes, vocabulary, place, min_history).flatMap((begun) =>
      tokensOfBytes(vocabulary, bytes.subarray(begun)).filter((id) => id < place.vocab_size),
    );
  }
  if (!isBegun(sought, place, min_history)) return [];
  const last = sought.length - 1;
  const id = sought[last]!;
  requireBelow(place.vocab_size, id, isSpelt(sequence) ? pointer : `${pointer}/${last}`);
  return [id];
}

/** True when the history ends with all ids but the last: the last one would complete the sequence. */
function isBegun(ids: readonly number[], { history, first }: Place, min_history: MinHistory): boolean {
  const prefix = ids.length - 1;
  if (prefix === 0) return true;
  const length = history.length - first;
  if (length < prefix || (min_history === "sequence" && length < ids.length)) return false;
  return standBefore(ids, prefix, history, history.length);
}

/** Each prefix length of a text, in bytes, that the last tokens of the history spell; 0 for no tokens. */
function begunBy(
  bytes: Uint8Array,
  vocabulary: Vocabulary,
  { history, first }: Place,
  min_history: MinHistory,
): number[] {
  const begun = [0];
  let length = 0;
  for (let begin = history.length - 1; begin >= first; begin--) {
    const own = bytesOf(vocabulary, history[begin]!).length;
    length += own;
    if (own === 0 || length >= bytes.length) break;
    if (min_history === "sequence" && begin === first) break; // otherwise the history would be shorter than the sequence
    if (spells(vocabulary, history, begin, history.length, bytes)) begun.push(length);
  }
  return begun;
}

/** True when history[since … end) ends with a sequence. */
export function endsWith(sought: Sought, history: TokenIds, since: number, end: number): boolean {
  if (!("bytes" in sought))
    return sought.length <= end - since && standBefore(sought, sought.length, history, end);
  const { bytes, vocabulary } = sought;
  let length = 0;
  let begin = end;
  while (begin > since && length < bytes.length) {
    const own = bytesOf(vocabulary, history[--begin]!).length;
    if (own === 0) return false;
    length += own;
  }
  return length === bytes.length && spells(vocabulary, history, begin, end, bytes);
}

/** True when the first `count` ids stand directly before `end`. */
function standBefore(ids: readonly number[], count: number, history: TokenIds, end: number): boolean {
  for (let i = 1; i <= count; i++) if (history[end - i] !== ids[count - i]) return false;
  return true;
}

/** True when the bytes begin with those of history[begin … end), which are not longer. */
function spells(
  vocabulary: Vocabulary,
  history: TokenIds,
  begin: number,
  end: number,
  bytes: Uint8Array,
): boolean {
  let at = 0;
  for (let i = begin; i < end; i++) {
    const token = bytesOf(vocabulary, history[i]!);
    for (let j = 0; j < token.length; j++, at++) if (token[j] !== bytes[at]) return false;
  }
  return true;
}

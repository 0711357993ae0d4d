/**
 * Spells a text in tokens of a vocabulary of which only the bytes are known. It joins neighbouring pieces whose bytes
 * together are a token, the lowest token id first. Byte-pair encoders number tokens in the order of their merges, so
 * this is their rule. A tokenizer's file may have other merge ranks, or rules that cut text into words first. These are
 * not known here, so the tokens may differ from the tokenizer's own; they always spell the text.
 */
import { Problem } from "../errors.ts";
import { tokensOfBytes } from "./lookup.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Longest text, in bytes. Each join looks at all neighbours once. */
export const SPELLED_BYTES_MAX = 1024;

/** Throws a Problem when the text is too long or has a byte that is not a token. `pointer` leads to the text. */
export function spell(vocabulary: Vocabulary, text: Uint8Array, pointer: string): number[] {
  if (text.length > SPELLED_BYTES_MAX)
    throw new Problem(
      "limit_exceeded",
      `a text may have at most ${SPELLED_BYTES_MAX} bytes to be spelled in another vocabulary, got ${text.length}`,
      pointer,
    );
  const pieces = unitsOf(vocabulary, text, pointer);
  const joined = pieces.map((_, i) => joinedAt(vocabulary, text, pieces, i));
  for (;;) {
    let best = -1;
    for (const [i, id] of joined.entries())
      if (id !== undefined && (best < 0 || id < (joined[best] as number))) best = i;
    if (best < 0) return pieces.map(({ id }) => id);
    const [left, right] = [pieces[best] as Piece, pieces[best + 1] as Piece]; // a pair has two
    pieces.splice(best, 2, { begin: left.begin, end: right.end, id: joined[best] as number });
    joined.splice(best, 1);
    for (const i of [best - 1, best]) if (i >= 0) joined[i] = joinedAt(vocabulary, text, pieces, i);
  }
}

interface Piece {
  readonly begin: number;
  readonly end: number;
  readonly id: number;
}

/** The token of this piece and the next one together; undefined when there is none. */
function joinedAt(
  vocabulary: Vocabulary,
  text: Uint8Array,
  pieces: readonly Piece[],
  i: number,
): number | undefined {
  const [left, right] = [pieces[i], pieces[i + 1]];
  if (left === undefined || right === undefined) return undefined;
  return tokensOfBytes(vocabulary, text.subarray(left.begin, right.end)).at(-1);
}

/** Characters that are tokens as they are, and the single bytes of the others. */
function unitsOf(vocabulary: Vocabulary, text: Uint8Array, pointer: string): Piece[] {
  const units: Piece[] = [];
  for (let begin = 0; begin < text.length; ) {
    const end = characterEnd(text, begin);
    const id = tokensOfBytes(vocabulary, text.subarray(begin, end)).at(-1);
    const stop = id === undefined ? end : begin;
    if (id !== undefined) units.push({ begin, end, id });
    for (let at = begin; at < stop; at++) units.push(byteAt(vocabulary, text, at, pointer));
    begin = end;
  }
  return units;
}

function byteAt(vocabulary: Vocabulary, text: Uint8Array, at: number, pointer: string): Piece {
  const id = tokensOfBytes(vocabulary, text.subarray(at, at + 1)).at(-1);
  if (id !== undefined) return { begin: at, end: at + 1, id };
  throw new Problem(
    "invalid_option",
    `the vocabulary ${vocabulary.name} must have a token for each byte of the draft's text, got byte ${text[at]} at ${at}`,
    pointer,
  );
}

/** The index after the character that begins here, or after one byte when none begins. */
function characterEnd(text: Uint8Array, begin: number): number {
  const first = text[begin]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  for (let i = 1; i < length; i++) if (((text[begin + i] ?? 0) & 0xc0) !== 0x80) return begin + 1;
  return begin + length;
}

/**
 * A text as tokens of a vocabulary. Where its file tells the tokenizer, they are that tokenizer's. Else only the bytes of the
 * tokens are known: neighbours are joined in the order of ids, since byte-pair encoders number tokens in the order of their
 * merges. The tokens spell the text then, and the real tokenizer may spell it by others.
 */
import { Problem } from "../errors.ts";
import { encodeText } from "./encoding.ts";
import { joinNeighbours, type Unit } from "./joining.ts";
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
  const own = encoded(vocabulary, text);
  if (own !== undefined) return own;
  const units = unitsOf(vocabulary, text, pointer);
  joinNeighbours(units, (begin, end) => tokensOfBytes(vocabulary, text.subarray(begin, end)).at(-1));
  return units.map(({ id }) => id);
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The tokens that the vocabulary's tokenizer writes; undefined when the tokenizer is unknown, or would write another
 * text.
 */
function encoded(vocabulary: Vocabulary, text: Uint8Array): number[] | undefined {
  const { tokenizer } = vocabulary;
  if (typeof tokenizer === "string") return undefined;
  try {
    const characters = STRICT.decode(text);
    const is_other = tokenizer.is_nfc && characters.normalize("NFC") !== characters;
    return is_other ? undefined : encodeText(vocabulary, tokenizer, characters);
  } catch {
    return undefined;
  }
}

/** Characters that are tokens as they are, and the single bytes of the others. */
function unitsOf(vocabulary: Vocabulary, text: Uint8Array, pointer: string): Unit[] {
  const units: Unit[] = [];
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

function byteAt(vocabulary: Vocabulary, text: Uint8Array, at: number, pointer: string): Unit {
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

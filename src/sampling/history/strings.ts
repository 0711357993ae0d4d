/**
 * Strings at the end of the generated text, across token borders. A special token has no text, so no string continues
 * across one.
 */
import * as z from "zod";
import { show } from "../../errors.ts";
import { bytesOf, type TokenIds, type Vocabulary } from "../../vocabulary/vocabulary.ts";
import { listOf } from "../options/counted-fields.ts";

const STRINGS_MAX = 64;
/** Longest string. Each is searched after every draw. */
const STRING_BYTES_MAX = 256;
/**
 * Maximum number of tokens that a string may touch. Each has at least a byte; tokens without bytes are not
 * limited.
 */
export const STRING_TOKENS_MAX = STRING_BYTES_MAX;
const UTF8 = new TextEncoder();

const string = z
  .string({ error: ({ input }) => `must be a string, got ${show(input)}` })
  .refine((text) => bytesIn(text) >= 1 && bytesIn(text) <= STRING_BYTES_MAX, {
    error: ({ input }) =>
      `must have 1 to ${STRING_BYTES_MAX} bytes of UTF-8, got ${bytesIn(input as string)}`, // the type was checked
  });

function bytesIn(text: string): number {
  return UTF8.encode(text).length;
}

/** A list of strings, which comes out as their bytes. */
export function byteStrings() {
  return listOf(string, { noun: "strings", max: STRINGS_MAX }).transform((strings): readonly Uint8Array[] =>
    strings.map((text) => UTF8.encode(text)),
  );
}

/** The generated text of a step, with the drawn token at its end. */
export interface Written {
  readonly vocabulary: Vocabulary;
  readonly history: TokenIds;
  readonly prompt_length: number;
  readonly token_id: number;
}

/** A string that ends in the drawn token. */
export interface Ended {
  /** number of bytes of the text from the string's beginning on */
  readonly bytes: number;
  /** number of tokens that these bytes touch; the string begins in the first of them */
  readonly tokens: number;
}

/**
 * The value by which a byte is compared: itself, or for matches without case the lower case of an ASCII
 * letter.
 */
const AS_IT_IS = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const SMALL = AS_IT_IS.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** The string that begins first among those that end in the last token; undefined when there is none. */
export function endedString(
  strings: readonly Uint8Array[],
  written: Written,
  { ignore_case = false } = {},
): Ended | undefined {
  const longest = strings.reduce((most, { length }) => Math.max(most, length), 0);
  const { tail, lengths } = tailOf(written, longest - 1);
  const own = lengths[0] as number; // the last token is always there
  const count_as = ignore_case ? SMALL : AS_IT_IS;
  let first = tail.length;
  for (const string of strings) {
    // A string that ends before this token was found before.
    const from = Math.max(tail.length - own - string.length + 1, 0);
    first = Math.min(first, indexOf(tail, string, from, count_as));
  }
  const bytes = tail.length - first;
  return bytes === 0 ? undefined : { bytes, tokens: tokensOf(lengths, bytes) };
}

interface Tail {
  readonly tail: Uint8Array;
  /** bytes of each token, last token first */
  readonly lengths: readonly number[];
}

/**
 * The bytes of the last token and at least `before` bytes of generated text in front of it, if there are as
 * many.
 */
function tailOf({ vocabulary, history, prompt_length, token_id }: Written, before: number): Tail {
  const parts = [bytesOf(vocabulary, token_id)];
  // Bounds the search in a history of ids without a text, which would otherwise be scanned at every step.
  const first = Math.max(prompt_length, history.length + 1 - STRING_TOKENS_MAX);
  let length = 0;
  for (let i = history.length - 1; i >= first && length < before; i--) {
    const id = history[i]!;
    if (vocabulary.special.has(id)) break;
    const part = bytesOf(vocabulary, id);
    parts.push(part);
    length += part.length;
  }
  const lengths = parts.map((part) => part.length);
  const tail = new Uint8Array(lengths.reduce((sum, each) => sum + each, 0));
  let end = tail.length;
  for (const part of parts) {
    end -= part.length;
    tail.set(part, end);
  }
  return { tail, lengths };
}

/** The number of last tokens that this many bytes touch. */
function tokensOf(lengths: readonly number[], bytes: number): number {
  let tokens = 0;
  for (let left = bytes; left > 0; tokens++) left -= lengths[tokens] ?? left;
  return tokens;
}

/** The index at which a string begins in the bytes, from a start on; their length when it is not there. */
function indexOf(bytes: Uint8Array, string: Uint8Array, from: number, count_as: Uint8Array): number {
  for (let begin = from; begin + string.length <= bytes.length; begin++) {
    let i = 0;
    while (i < string.length && count_as[bytes[begin + i]!] === count_as[string[i]!]) i++;
    if (i === string.length) return begin;
  }
  return bytes.length;
}

/**
 * Strings at the end of the generated text, wherever the borders of its tokens lie. A special token is no text: none goes
 * on behind one.
 */
import * as z from "zod";
import { show } from "../../errors.ts";
import { bytesOf, type Vocabulary } from "../../vocabulary/vocabulary.ts";
import { listOf } from "../options/counted-fields.ts";

const STRINGS_MAX = 64;
/** Longest string: each is looked for after every draw. */
const STRING_BYTES_MAX = 256;
/** How many tokens a string may touch: a byte each, and those without any count too. */
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

/** The generated text of a step, and the token that was drawn behind it. */
export interface Written {
  readonly vocabulary: Vocabulary;
  readonly history: readonly number[];
  readonly prompt_length: number;
  readonly token_id: number;
}

/** A string that ends in the token that was drawn. */
export interface Ended {
  /** how many bytes of the text lie behind its beginning */
  readonly bytes: number;
  /** how many tokens these bytes touch: the first of them has its beginning */
  readonly tokens: number;
}

/** What each byte counts as: itself, or where case does not matter a letter of ASCII as its small form. */
const AS_IT_IS = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const SMALL = AS_IT_IS.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** The one of these strings that begins first, of those that end in the last token; undefined when none does. */
export function endedString(
  strings: readonly Uint8Array[],
  written: Written,
  { ignore_case = false } = {},
): Ended | undefined {
  const longest = strings.reduce((most, { length }) => Math.max(most, length), 0);
  const { tail, lengths } = tailOf(written, longest - 1);
  const own = lengths[0] as number; // the last token's, which is always there
  const count_as = ignore_case ? SMALL : AS_IT_IS;
  let first = tail.length;
  for (const string of strings) {
    // One that ends before this token was seen before.
    const from = Math.max(tail.length - own - string.length + 1, 0);
    first = Math.min(first, indexOf(tail, string, from, count_as));
  }
  const bytes = tail.length - first;
  return bytes === 0 ? undefined : { bytes, tokens: tokensOf(lengths, bytes) };
}

interface Tail {
  readonly tail: Uint8Array;
  /** bytes of each token, the last token first */
  readonly lengths: readonly number[];
}

/** The bytes of the last token behind at least `before` bytes of the generated text, if it has as many. */
function tailOf({ vocabulary, history, prompt_length, token_id }: Written, before: number): Tail {
  const parts = [bytesOf(vocabulary, token_id)];
  // A history of ids without text, which the vocabulary does not have, would be looked through at every step.
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

/** How many of the last tokens so many bytes touch. */
function tokensOf(lengths: readonly number[], bytes: number): number {
  let tokens = 0;
  for (let left = bytes; left > 0; tokens++) left -= lengths[tokens] ?? left;
  return tokens;
}

/** Where a string begins in the bytes, from a place on; their length where it does not stand. */
function indexOf(bytes: Uint8Array, string: Uint8Array, from: number, count_as: Uint8Array): number {
  for (let begin = from; begin + string.length <= bytes.length; begin++) {
    let i = 0;
    while (i < string.length && count_as[bytes[begin + i]!] === count_as[string[i]!]) i++;
    if (i === string.length) return begin;
  }
  return bytes.length;
}

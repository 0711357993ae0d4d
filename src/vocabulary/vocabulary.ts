/**
 * A vocabulary: the bytes of each token id. A token may be half a character, and a special token has no bytes. All
 * tokens lie in flat arrays, so a quarter of a million of them are few objects.
 */
import type { Tokenizer } from "./pretokens.ts";

/** The contents of a file before it becomes a vocabulary: the bytes of each id; undefined: the id has no text. */
export interface TokenList {
  readonly tokens: readonly (Uint8Array | undefined)[];
  /** special tokens by id, with their names in the file */
  readonly special: ReadonlyMap<number, string>;
  /** ids that end a text */
  readonly end_ids: readonly number[];
  /** the tokenizer, or a message why it is unknown; undefined: the file describes none */
  readonly tokenizer?: Tokenizer | string | undefined;
}

export interface Vocabulary {
  readonly name: string;
  /** one more than the largest id */
  readonly size: number;
  /** all tokens in one array; token i is bytes[offsets[i] … offsets[i + 1]] */
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  /** special tokens, such as `<|endoftext|>`, by id */
  readonly special: ReadonlyMap<number, string>;
  /** ids that end a text, ascending */
  readonly end_ids: readonly number[];
  /** how its tokenizer writes a text, or a sentence about why that is not known */
  readonly tokenizer: Tokenizer | string;
  /** bytes of the longest token */
  readonly token_bytes_max: number;
  /** identifies the vocabulary: equal when sizes, bytes, special and end ids are equal */
  readonly hash: string;
}

/** Largest token id. Vocabularies hold 10⁵ to 10⁶ tokens; the bound keeps every table by token id small. */
export const TOKEN_ID_MAX = 2 ** 24 - 1;

/** Token ids in order, as numbers or as int32: a long history takes four bytes for each id. */
export type TokenIds = readonly number[] | Int32Array;

/** An id in a file. Throws an Error when it is invalid. */
export function requiredId(id: unknown): number {
  if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= TOKEN_ID_MAX) return id as number; // just checked
  throw new Error(`token ids must be whole numbers from 0 to ${TOKEN_ID_MAX}, got ${String(id)}`);
}

/** Longest token, in bytes. Real ones have at most a few hundred; longer ones would make walks deep. */
const TOKEN_BYTES_MAX = 4096;

export function createVocabulary(
  name: string,
  { tokens, special, end_ids, tokenizer = "it came without a tokenizer" }: TokenList,
): Vocabulary {
  const offsets = new Uint32Array(tokens.length + 1);
  let token_bytes_max = 0;
  for (let id = 0; id < tokens.length; id++) {
    const length = special.has(id) ? 0 : (tokens[id]?.length ?? 0);
    token_bytes_max = Math.max(token_bytes_max, length);
    offsets[id + 1] = offsets[id]! + length;
  }
  if (token_bytes_max > TOKEN_BYTES_MAX)
    throw new Error(`tokens may have at most ${TOKEN_BYTES_MAX} bytes, got ${token_bytes_max}`);
  const bytes = new Uint8Array(offsets[tokens.length]!);
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id];
    if (token !== undefined && !special.has(id)) bytes.set(token, offsets[id]);
  }
  if (bytes.length === 0) throw new Error("a vocabulary needs tokens with bytes, got none");
  const ends = [...new Set(end_ids)].filter((id) => id < tokens.length).sort((a, b) => a - b);
  const hash = hashOf([offsets, bytes, Uint32Array.from(special.keys()).sort(), Uint32Array.from(ends)]);
  return {
    name,
    size: tokens.length,
    bytes,
    offsets,
    special: new Map([...special].sort(([a], [b]) => a - b)),
    end_ids: ends,
    tokenizer,
    token_bytes_max,
    hash,
  };
}

/** The bytes of a token; none for special ones and for ids that the vocabulary does not have. */
export function bytesOf({ bytes, offsets, size }: Vocabulary, token_id: number): Uint8Array {
  if (token_id >= size) return bytes.subarray(0, 0);
  return bytes.subarray(offsets[token_id], offsets[token_id + 1]);
}

/**
 * Two 32-bit FNV-1a hashes with different initial values, as 16 digits. It tells files apart; it is not a security
 * measure.
 */
function hashOf(parts: readonly (Uint8Array | Uint32Array)[]): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  const add = (byte: number) => {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x01000193) + 0x9e3779b9;
  };
  for (const part of parts) {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    for (let i = 0; i < bytes.length; i++) add(bytes[i]!);
    add(parts.indexOf(part));
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

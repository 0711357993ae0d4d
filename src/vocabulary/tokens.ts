/**
 * A vocabulary as a grammar's masks need it: its tree of bytes in two. Most tokens are plain text: whole characters that may stand
 * inside a JSON string as they are. Where any plain text may follow, all of them are allowed at once, and only the
 * others are looked at (llguidance's slices).
 */
import { type Trie, trieOf } from "./trie.ts";
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

export interface Tokens {
  readonly vocabulary: Vocabulary;
  readonly plain: Trie;
  readonly other: Trie;
  /** bit i of word i / 32 for token i: all of `plain` */
  readonly plain_mask: Uint32Array;
  /** words of a mask */
  readonly words: number;
}

const KNOWN = new WeakMap<Vocabulary, Tokens>();

export function tokensOf(vocabulary: Vocabulary): Tokens {
  const known = KNOWN.get(vocabulary);
  if (known !== undefined) return known;
  const is_plain = new Uint8Array(vocabulary.size);
  for (let id = 0; id < vocabulary.size; id++) is_plain[id] = isPlain(bytesOf(vocabulary, id)) ? 1 : 0;
  const plain = trieOf(vocabulary, (id) => is_plain[id] === 1);
  const words = (vocabulary.size + 31) >>> 5;
  const plain_mask = new Uint32Array(words);
  for (const id of plain.ordered) plain_mask[id >>> 5]! |= 1 << (id & 31);
  const other = trieOf(vocabulary, (id) => is_plain[id] === 0);
  const tokens = { vocabulary, plain, other, plain_mask, words };
  KNOWN.set(vocabulary, tokens);
  return tokens;
}

const STRICT = new TextDecoder("utf-8", { fatal: true });

/** Whole characters, none of which a JSON string would escape. */
function isPlain(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  for (const byte of bytes) if (byte < 0x20 || byte === 0x22 || byte === 0x5c || byte === 0x7f) return false;
  try {
    STRICT.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

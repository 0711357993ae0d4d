/**
 * A vocabulary in the form that a grammar's masks need: three trees of token bytes. Most tokens are plain text: whole
 * characters that need no escape inside a JSON string. Where any plain text may follow, all plain tokens are allowed at
 * once, and only the others are checked (llguidance's slices). The few long tokens have trees of their own, so that
 * repeat counts above a short length need not be distinguished.
 */
import { addCharacter, HIGH, WORDS_OF_CHARACTERS } from "./characters.ts";
import { spelled } from "./spelling.ts";
import { type Trie, trieOf } from "./trie.ts";
import { bytesOf, type Vocabulary } from "./vocabulary.ts";

/** Longer tokens are long. */
export const SHORT_BYTES = 24;

export interface Tokens {
  /** the vocabulary, with special tokens spelled as in grammars */
  readonly vocabulary: Vocabulary;
  /** short tokens of plain text, and all other short tokens */
  readonly plain: Trie;
  readonly other: Trie;
  /** long tokens of plain text, and all other long tokens */
  readonly long_plain: Trie;
  readonly long: Trie;
  /** by node of `plain`: the number of characters of its longest token after the node's byte */
  readonly behind: Uint16Array;
  /** by node of `plain`, three words each: the characters of its tokens after the node's byte (characters.ts) */
  readonly characters: Uint32Array;
  /** words of a mask */
  readonly words: number;
  /** the plain short tokens of at most n characters: bit i of word i / 32 for token i */
  plainMask(characters: number): Uint32Array;
}

const KNOWN = new WeakMap<Vocabulary, Tokens>();

export function tokensOf(plain_vocabulary: Vocabulary): Tokens {
  const known = KNOWN.get(plain_vocabulary);
  if (known !== undefined) return known;
  const vocabulary = spelled(plain_vocabulary);
  const { size } = vocabulary;
  /** by token: its number of characters if it is plain and short, else 0 */
  const characters = new Uint8Array(size);
  const is_plain = new Uint8Array(size);
  const is_long = new Uint8Array(size);
  for (let id = 0; id < size; id++) {
    const bytes = bytesOf(vocabulary, id);
    is_plain[id] = isPlain(bytes) ? 1 : 0;
    is_long[id] = bytes.length > SHORT_BYTES ? 1 : 0;
    if (is_plain[id] === 1 && is_long[id] === 0) characters[id] = charactersIn(bytes);
  }
  const plain = trieOf(vocabulary, (id) => is_plain[id] === 1 && is_long[id] === 0);
  const words = (size + 31) >>> 5;
  const masks: Uint32Array[] = [];
  const tokens: Tokens = {
    vocabulary,
    plain,
    other: trieOf(vocabulary, (id) => is_plain[id] === 0 && is_long[id] === 0),
    long_plain: trieOf(vocabulary, (id) => is_long[id] === 1 && is_plain[id] === 1),
    long: trieOf(vocabulary, (id) => is_long[id] === 1 && is_plain[id] === 0),
    behind: charactersBehind(plain),
    characters: characterSets(plain),
    words,
    plainMask(room) {
      const length = Math.min(room, SHORT_BYTES);
      masks[length] ??= maskOf(characters, words, length);
      return masks[length]!;
    },
  };
  KNOWN.set(plain_vocabulary, tokens);
  return tokens;
}

/** The plain tokens of at most `length` characters. */
function maskOf(characters: Uint8Array, words: number, length: number): Uint32Array {
  const mask = new Uint32Array(words);
  for (let id = 0; id < characters.length; id++) {
    const own = characters[id]!;
    if (own > 0 && own <= length) mask[id >>> 5]! |= 1 << (id & 31);
  }
  return mask;
}

function charactersIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (isFirst(byte)) count++;
  return count;
}

/** A byte that begins a character of UTF-8. */
function isFirst(byte: number): boolean {
  return (byte & 0xc0) !== 0x80;
}

function charactersBehind({ nodes, byte, depth }: Trie): Uint16Array {
  const behind = new Uint16Array(nodes);
  const path: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const at = depth[node]!;
    path[at] = node;
    let count = 0;
    for (let above = at; above > 0; above--) {
      if (isFirst(byte[path[above]!]!)) count++;
      const parent = path[above - 1]!;
      if (behind[parent]! < count) behind[parent] = count;
    }
  }
  return behind;
}

function characterSets({ nodes, byte, depth }: Trie): Uint32Array {
  const sets = new Uint32Array(WORDS_OF_CHARACTERS * nodes);
  // From the last node on: each node adds its own byte, and what follows it, to its parent.
  const parents = parentsIn(depth, nodes);
  for (let node = nodes - 1; node >= 0; node--) {
    const parent = parents[node]!;
    if (parent < 0) continue;
    const to = WORDS_OF_CHARACTERS * parent;
    addCharacter(sets, byte[node]! < 0x80 ? byte[node]! : HIGH, to);
    for (let i = 0; i < WORDS_OF_CHARACTERS; i++) sets[to + i]! |= sets[WORDS_OF_CHARACTERS * node + i]!;
  }
  return sets;
}

/** The parent of each node; −1: none. */
function parentsIn(depth: Uint16Array, nodes: number): Int32Array {
  const parents = new Int32Array(nodes);
  const path: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const at = depth[node]!;
    path[at] = node;
    parents[node] = at === 0 ? -1 : path[at - 1]!;
  }
  return parents;
}

const STRICT = new TextDecoder("utf-8", { fatal: true });

/** Whole characters, none of which needs an escape in a JSON string. */
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

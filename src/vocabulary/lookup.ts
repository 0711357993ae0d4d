/** Finds the tokens of a text in a vocabulary: by bytes, or a special token by its name. */
import { type Tokens, tokensOf } from "./tokens.ts";
import type { Trie } from "./trie.ts";
import type { Vocabulary } from "./vocabulary.ts";

const UTF8 = new TextEncoder();

/**
 * The token whose bytes are this text; undefined when there is none. Of several tokens with the same bytes it returns
 * the last: SentencePiece lists single bytes before letters, and its tokenizers use the letter.
 */
export function tokenNamed(vocabulary: Vocabulary, text: string): number | undefined {
  return specialNamed(vocabulary, text) ?? tokensOfBytes(vocabulary, UTF8.encode(text)).at(-1);
}

const SPECIAL = new WeakMap<Vocabulary, ReadonlyMap<string, number>>();

/** The special token of this name. */
export function specialNamed(vocabulary: Vocabulary, name: string): number | undefined {
  let ids = SPECIAL.get(vocabulary);
  if (ids === undefined) {
    ids = new Map(Array.from(vocabulary.special, ([id, known]) => [known, id]));
    SPECIAL.set(vocabulary, ids);
  }
  return ids.get(name);
}

/** All tokens with exactly these bytes, ascending; there must be at least one byte. */
export function tokensOfBytes(vocabulary: Vocabulary, bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (const trie of triesOf(tokensOf(vocabulary))) {
    const node = nodeOf(trie, bytes);
    if (node < 0) continue;
    for (let at = trie.first[node]!; at < trie.first[node + 1]!; at++) ids.push(trie.ordered[at]!);
  }
  return ids.sort((a, b) => a - b);
}

export function triesOf({ plain, other, long_plain, long }: Tokens): readonly Trie[] {
  return [plain, other, long_plain, long];
}

/** The node that these bytes lead to; -1 when no token begins with them. */
export function nodeOf({ byte, skip, nodes }: Trie, bytes: Uint8Array): number {
  let node = -1;
  let end = nodes;
  for (let i = 0; i < bytes.length; i++) {
    let next = node + 1;
    while (next < end && byte[next] !== bytes[i]) next = skip[next]!;
    if (next >= end) return -1;
    node = next;
    end = skip[node]!;
  }
  return node;
}

/** The lengths, in bytes, of the tokens that occur in a text at a position. */
export function tokenLengthsAt(vocabulary: Vocabulary, text: Uint8Array, begin: number): number[] {
  const lengths: number[] = [];
  for (const { byte, skip, first, nodes } of triesOf(tokensOf(vocabulary))) {
    let node = -1;
    let end = nodes;
    for (let at = begin; at < text.length; at++) {
      let next = node + 1;
      while (next < end && byte[next] !== text[at]) next = skip[next]!;
      if (next >= end) break;
      node = next;
      end = skip[node]!;
      if (first[node]! < first[node + 1]!) lengths.push(at + 1 - begin);
    }
  }
  return lengths;
}

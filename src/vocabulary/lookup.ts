/** Which tokens a vocabulary has for a text: by its bytes, or for a special token by its name. */
import { type Tokens, tokensOf } from "./tokens.ts";
import type { Trie } from "./trie.ts";
import type { Vocabulary } from "./vocabulary.ts";

const UTF8 = new TextEncoder();

/**
 * The token that a text is; undefined when it is none. Of several with the same bytes it is the last: SentencePiece has
 * single bytes before letters, and its tokenizers take the letter.
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

/** All tokens that are just these bytes, ascending; there must be at least one byte. */
export function tokensOfBytes(vocabulary: Vocabulary, bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (const trie of triesOf(tokensOf(vocabulary))) {
    const node = nodeOf(trie, bytes);
    if (node < 0) continue;
    for (let at = trie.first[node]!; at < trie.first[node + 1]!; at++) ids.push(trie.ordered[at]!);
  }
  return ids.sort((a, b) => a - b);
}

function triesOf({ plain, other, long_plain, long }: Tokens): readonly Trie[] {
  return [plain, other, long_plain, long];
}

/** The node to which bytes lead; -1 when none of the tokens begins with them. */
function nodeOf({ byte, skip, nodes }: Trie, bytes: Uint8Array): number {
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

/** The lengths, in bytes, of the tokens that stand in a text from a place on. */
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

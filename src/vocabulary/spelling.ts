/**
 * The bytes by which a grammar spells a special token, which has no text: a byte that never occurs in UTF-8 (0xFF),
 * then its id in brackets. Token 128010 is 0xFF [ 1 2 8 0 1 0 ]. Text in a grammar never matches such a token; a token
 * that the grammar names does.
 */
import { bytesOf, createVocabulary, type Vocabulary } from "./vocabulary.ts";

export const TOKEN_MARK = 0xff;

const UTF8 = new TextEncoder();

/** The bytes that stand for the special token with this id. */
export function spellingOf(token_id: number): Uint8Array {
  return Uint8Array.of(TOKEN_MARK, ...UTF8.encode(`[${token_id}]`));
}

const KNOWN = new WeakMap<Vocabulary, Vocabulary>();

/** A token that contains the mark is in no text. It would be mistaken for the beginning of a special token. */
function textOf(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.includes(TOKEN_MARK) ? undefined : bytes;
}

/** The same vocabulary, with special tokens spelled as in grammars. */
export function spelled(vocabulary: Vocabulary): Vocabulary {
  const known = KNOWN.get(vocabulary);
  if (known !== undefined) return known;
  const { name, size, special, end_ids } = vocabulary;
  const tokens = Array.from({ length: size }, (_, id) =>
    special.has(id) ? spellingOf(id) : textOf(bytesOf(vocabulary, id)),
  );
  const made =
    special.size === 0 ? vocabulary : createVocabulary(name, { tokens, special: new Map(), end_ids });
  KNOWN.set(vocabulary, made);
  return made;
}

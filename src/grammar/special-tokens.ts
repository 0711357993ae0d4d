/** The special tokens that a grammar of rules names, looked up in a vocabulary before the grammar is compiled. */
import { specialNamed } from "../vocabulary/lookup.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { type GrammarSource, kindNamed } from "./source.ts";

/** Names in angle brackets. */
const TOKENS = /<[^<>\s]+>/g;

/** The source with the ids of the special tokens that it names, as far as the vocabulary has them. */
export function withTokens(source: GrammarSource, vocabulary: Vocabulary): GrammarSource {
  const { kind, value } = source;
  if (kindNamed(kind).namesTokens !== true || typeof value !== "string" || !value.includes("<"))
    return source;
  const special_ids: Record<string, number> = {};
  for (const [name] of value.matchAll(TOKENS)) {
    const id = specialNamed(vocabulary, name);
    if (id !== undefined) special_ids[name] = id;
  }
  return Object.keys(special_ids).length === 0 ? source : { ...source, special_ids };
}

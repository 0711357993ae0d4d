/** The special tokens that a grammar names, looked up in a vocabulary before the grammar is compiled. */
import { specialNamed } from "../vocabulary/lookup.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { type GrammarSource, kindNamed } from "./source.ts";

/** The source with the ids of the special tokens that it names, as far as the vocabulary has them. */
export function withTokens(source: GrammarSource, vocabulary: Vocabulary): GrammarSource {
  const isSpecial = (name: string) => specialNamed(vocabulary, name) !== undefined;
  const names = kindNamed(source.kind).namesTokens?.(source, isSpecial, vocabulary.special.values()) ?? [];
  if (names.length === 0) return source;
  const special_ids = Object.fromEntries(
    names.map((name) => [name, specialNamed(vocabulary, name) as number]),
  ); // just seen
  return { ...source, special_ids };
}

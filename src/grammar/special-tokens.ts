/** Looks up the special tokens that a grammar names, before the grammar is compiled. */
import { specialNamed } from "../vocabulary/lookup.ts";
import type { Vocabulary } from "../vocabulary/vocabulary.ts";
import { type GrammarSource, kindNamed } from "./source.ts";

/** The source with the ids of its named special tokens. Names that the vocabulary does not have get no id. */
export function withTokens(source: GrammarSource, vocabulary: Vocabulary): GrammarSource {
  const isSpecial = (name: string) => specialNamed(vocabulary, name) !== undefined;
  const names = kindNamed(source.kind).namesTokens?.(source, isSpecial, vocabulary.special.values()) ?? [];
  if (names.length === 0) return source;
  const special_ids = Object.fromEntries(
    names.map((name) => [name, specialNamed(vocabulary, name) as number]),
  ); // just seen
  return { ...source, special_ids };
}

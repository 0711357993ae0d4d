/** The vocabularies that a sampler knows by name, and the one that holds where a step names none. */
import { Problem, show } from "../errors.ts";
import { type CommonTokens, CommonTokensCache } from "./common-tokens.ts";
import { tokensOf } from "./tokens.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface Vocabularies {
  readonly all: readonly Vocabulary[];
  /** the one that is meant by default; undefined: none is */
  readonly standard: Vocabulary | undefined;
  /** That of a name, or the standard of none. Throws the Problem of a name that there is not. */
  of(name: string | undefined): Vocabulary | undefined;
  /** What two of them have in common. Made once and kept, as long as there is room. */
  common(target: Vocabulary, draft: Vocabulary): CommonTokens;
}

export const NO_VOCABULARIES: Vocabularies = vocabulariesOf([]);

/** Makes their trees of bytes too, which takes a moment for large ones: steps find them made. */
export function vocabulariesOf(all: readonly Vocabulary[], standard?: string): Vocabularies {
  const by_name = new Map(all.map((vocabulary) => [vocabulary.name, vocabulary]));
  for (const vocabulary of all) tokensOf(vocabulary);
  function named(name: string): Vocabulary {
    const known = by_name.get(name);
    if (known !== undefined) return known;
    const names = [...by_name.keys()].map(show).join(", ");
    throw new Problem(
      "vocabulary_unknown",
      `there is no vocabulary ${show(name)}; known are ${names || "none"}`,
      "/vocabulary",
    );
  }
  const of_none = standard === undefined ? undefined : named(standard);
  const cache = new CommonTokensCache();
  return {
    all,
    standard: of_none,
    of: (name) => (name === undefined ? of_none : named(name)),
    common: (target, draft) => cache.of(target, draft),
  };
}

/** The vocabularies that a sampler knows by name, and the default for steps that name none. */
import { Problem, show } from "../errors.ts";
import { type CommonTokens, CommonTokensCache } from "./common-tokens.ts";
import { tokensOf } from "./tokens.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface Vocabularies {
  readonly all: readonly Vocabulary[];
  /** the default; undefined: there is none */
  readonly standard: Vocabulary | undefined;
  /** The vocabulary with this name, or the default. Throws a Problem for an unknown name. */
  of(name: string | undefined): Vocabulary | undefined;
  /** The common tokens of two vocabularies. Made once and cached while there is room. */
  common(target: Vocabulary, draft: Vocabulary): CommonTokens;
}

export const NO_VOCABULARIES: Vocabularies = vocabulariesOf([]);

/** Also makes their trees of bytes, which takes a moment for large ones, so that no step has to. */
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

/** What a stage may know of the text of a step: the tokens so far, the vocabulary with their texts, and compiled grammars. */
import { Problem } from "../../errors.ts";
import type { Grammars } from "../../grammar/grammars.ts";
import type { TokenIds, Vocabulary } from "../../vocabulary/vocabulary.ts";

export interface StepText {
  /** token ids so far, prompt first */
  readonly history: TokenIds;
  readonly prompt_length: number;
  readonly vocabulary: Vocabulary | undefined;
  /** grammars that this sampler compiled recently */
  readonly grammars: Grammars;
}

/** The vocabulary of a step, required by this option. */
export function requireVocabulary(
  { vocabulary }: Pick<StepText, "vocabulary">,
  option: string,
  pointer = `/${option}`,
): Vocabulary {
  if (vocabulary !== undefined) return vocabulary;
  throw new Problem(
    "option_conflict",
    `${option} needs a vocabulary: name one of those that GET /v1/vocabularies lists, got none`,
    pointer,
  );
}

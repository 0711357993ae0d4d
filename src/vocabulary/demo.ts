/** The built-in vocabulary: that of the demo model, a byte-level BPE with 8,192 tokens. */
import { DEMO_END_IDS, DEMO_SPECIAL, DEMO_TOKENS } from "./demo-tokens.ts";
import { unpackTokens } from "./packed.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

export function demoVocabulary(): Vocabulary {
  return createVocabulary("demo", {
    tokens: unpackTokens(DEMO_TOKENS),
    special: new Map(DEMO_SPECIAL),
    end_ids: DEMO_END_IDS,
  });
}

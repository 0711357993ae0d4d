/** The built-in vocabulary: that of the demo model, a byte-level BPE with 8,192 tokens. */
import { DEMO_END_IDS, DEMO_SPECIAL, DEMO_TOKENS } from "./demo-tokens.ts";
import { unpackTokens } from "./packed.ts";
import { pretokensNamed } from "./pretoken-families.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

export function demoVocabulary(): Vocabulary {
  const pretokens = pretokensNamed("gpt-2");
  return createVocabulary("demo", {
    tokens: unpackTokens(DEMO_TOKENS),
    special: new Map(DEMO_SPECIAL),
    end_ids: DEMO_END_IDS,
    tokenizer: pretokens && {
      pretokens,
      is_whole_first: false,
      is_nfc: false,
      merged: undefined,
      added: DEMO_SPECIAL.map(([, name]) => name),
    },
  });
}

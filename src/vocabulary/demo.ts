/** The built-in vocabulary: that of the demo model, a byte-level BPE with 8,192 tokens. */
import { decodeBase64 } from "../base64.ts";
import { DEMO_END_IDS, DEMO_SPECIAL, DEMO_TOKENS_BASE64 } from "./demo-tokens.ts";
import { unpackTokens } from "./packed.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

export function demoVocabulary(): Vocabulary {
  const packed = decodeBase64(DEMO_TOKENS_BASE64) as Uint8Array; // build-vocabulary has written it
  return createVocabulary("demo", {
    tokens: unpackTokens(packed),
    special: new Map(DEMO_SPECIAL),
    end_ids: DEMO_END_IDS,
  });
}

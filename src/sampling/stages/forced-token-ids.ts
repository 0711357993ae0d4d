/** forced_token_ids: leaves a single token at some positions of the generated text. */
import * as z from "zod";
import { maskOf } from "../candidates/mask.ts";
import { idOf } from "../history/token-names.ts";
import { flag } from "../options/fields.ts";
import { tokenIdByPosition } from "../options/sequence-fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("forced_token_ids"),
  forced_token_ids: tokenIdByPosition().describe(
    "Position among the generated tokens, from 0 → the token that must stand there. If that token is also banned, no token is left, which is an error unless forced_over_bans is true.",
  ),
  forced_over_bans: flag()
    .default(false)
    .describe("Draw a forced token even if the row or an earlier stage banned it (transformers)."),
});

export const forced_token_ids: Stage<z.infer<typeof options>> = {
  name: "forced_token_ids",
  summary: "Forces given tokens at given positions, such as a language tag at the beginning.",
  formula: "keep i ⇔ i = forced(generated), where that is given",
  source: {
    title:
      "transformers, ForceTokensLogitsProcessor (its positions count the prompt; here they count only generated tokens)",
    url: "https://huggingface.co/docs/transformers/v4.38.0/internal/generation_utils#transformers.ForceTokensLogitsProcessor",
  },
  options,
  example: { forced_token_ids: { "0": 7 } },
  keepsArgmax: false,
  isNeutral: ({ forced_token_ids }) => forced_token_ids.size === 0,
  apply(candidates, { forced_token_ids, forced_over_bans }, context) {
    const forced = forced_token_ids.get(context.generated);
    if (forced === undefined) return;
    const id = idOf(forced, context, `/forced_token_ids/${context.generated}`);
    if (forced_over_bans) candidates.keepOnly(id);
    else candidates.keepMask(maskOf([id]));
  },
};

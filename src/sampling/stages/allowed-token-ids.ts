/** allowed_token_ids: keeps only the named tokens. */
import * as z from "zod";
import { maskOf } from "../candidates/mask.ts";
import { idsOf } from "../history/token-names.ts";
import { tokenNames } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("allowed_token_ids"),
  allowed_token_ids: tokenNames().describe("The only tokens that may be drawn."),
});

export const allowed_token_ids: Stage<z.infer<typeof options>> = {
  name: "allowed_token_ids",
  summary: "Keeps only the named tokens: a choice between labels, or the tokens that a grammar allows.",
  formula: "keep i ⇔ i in allowed_token_ids",
  source: {
    title: "vLLM, SamplingParams.allowed_token_ids",
    url: "https://docs.vllm.ai/en/latest/api/vllm/sampling_params/",
  },
  options,
  example: { allowed_token_ids: [3, 7, 11] },
  keepsArgmax: false,
  onlyMasks: true,
  isNeutral: () => false,
  apply(candidates, { allowed_token_ids }, context) {
    candidates.keepMask(maskOf(idsOf(allowed_token_ids, context, "/allowed_token_ids")));
  },
};

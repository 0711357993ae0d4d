/** rejection: speculative sampling, which accepts by the ratio of target and draft. */
import * as z from "zod";
import { acceptEach } from "./accept-each.ts";
import type { VerifyMethod } from "./method.ts";
import { drawResidual, probabilityOf } from "./residual.ts";

const options = z.strictObject({ method: z.literal("rejection") });

export const rejection: VerifyMethod<z.infer<typeof options>> = {
  name: "rejection",
  summary:
    "Speculative sampling: accepts a token with the ratio of its probabilities in target and draft, and draws from what the draft lacks in place of the first that it rejects.",
  formula: "accept xᵢ ⇔ u·qᵢ(xᵢ) < pᵢ(xᵢ); else yᵢ ~ norm(max(pᵢ − qᵢ, 0))",
  source: {
    title: "Leviathan et al., Fast Inference from Transformers via Speculative Decoding, 2023",
    url: "https://arxiv.org/abs/2211.17192",
  },
  preserves: "distribution",
  options,
  readsDraft: true,
  looksAhead: false,
  apply: (walk) =>
    acceptEach(walk, ({ candidates, context, mark, token_id, law, uniform }) =>
      uniform() * law.probability(token_id) < probabilityOf(candidates, token_id)
        ? undefined
        : drawResidual(candidates, law, 1, context, mark),
    ),
};

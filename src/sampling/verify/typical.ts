/**
 * typical: accepts tokens that are likely enough, given the target's entropy. It is faster than a lossless rule, but
 * changes the text.
 */
import * as z from "zod";
import { exp } from "../../kernels/float64.ts";
import { finite } from "../options/fields.ts";
import { acceptEach } from "./accept-each.ts";
import type { VerifyMethod } from "./method.ts";
import { drawMarkable, probabilityOf } from "./residual.ts";

const options = z.strictObject({
  method: z.literal("typical"),
  epsilon: finite({ min: 0, max: 1 })
    .default(0.09)
    .describe("Maximum of the threshold: a token with a larger probability is always accepted. Usual: 0.09."),
  delta: finite({ min: 0, max: 1 })
    .default(0.3)
    .describe("The threshold as a fraction of e^−H, which falls as the target becomes unsure. Usual: 0.3."),
});

export const typical: VerifyMethod<z.infer<typeof options>> = {
  name: "typical",
  summary:
    "Typical acceptance: accepts a token whose probability is above a threshold that falls with the target's entropy; the position's own draw replaces the first rejected token. In a tree, it accepts the first sibling whose probability is above the threshold.",
  formula: "accept xᵢ ⇔ pᵢ(xᵢ) > min(ε, δ·e^−H), H = −Σ pᵢ ln pᵢ; else yᵢ = draw(pᵢ; seed, step + i)",
  source: {
    title:
      "Cai et al., Medusa: Simple LLM Inference Acceleration Framework with Multiple Decoding Heads, 2024",
    url: "https://arxiv.org/abs/2401.10774",
  },
  preserves: "nothing",
  options,
  readsDraft: false,
  looksAhead: false,
  apply: (walk, { epsilon, delta }) =>
    acceptEach(walk, ({ candidates, context, mark, drafted }) => {
      const threshold = Math.min(epsilon, delta * exp(-candidates.moments().entropy));
      const accepted = drafted.find(({ token_id }) => probabilityOf(candidates, token_id) > threshold);
      return accepted ?? drawMarkable(candidates, context, mark);
    }),
};

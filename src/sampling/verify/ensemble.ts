/**
 * ensemble: speculative sampling of a mixture of target and draft. It accepts more tokens, and the output follows the
 * mixture.
 */
import * as z from "zod";
import { finite } from "../options/fields.ts";
import { acceptEach } from "./accept-each.ts";
import type { VerifyMethod } from "./method.ts";
import { Rounds } from "./rounds.ts";

const options = z.strictObject({
  method: z.literal("ensemble"),
  ensemble_weight: finite({ min: 0, max: 1, openMin: true })
    .default(0.5)
    .describe("w, the weight of the target in the mixture; 1 is method rejection. Default 0.5."),
});

export const ensemble: VerifyMethod<z.infer<typeof options>> = {
  name: "ensemble",
  summary:
    "Static ensemble: speculative sampling of a mixture of target and draft in place of the target. Accepts more than rejection; the token after a fully accepted draft is drawn from the target.",
  formula:
    "v = w·p + (1 − w)·q over the tokens that p has; accept xᵢ ⇔ u·qᵢ(xᵢ) < vᵢ(xᵢ); else yᵢ ~ norm(max(vᵢ − qᵢ, 0))",
  source: {
    title: "Wang et al., DIVERSED: Relaxed Speculative Decoding via Dynamic Ensemble Verification, 2026",
    url: "https://arxiv.org/abs/2604.07622",
  },
  preserves: "nothing",
  options,
  readsDraft: true,
  looksAhead: false,
  apply: (walk, { ensemble_weight }) =>
    acceptEach(walk, ({ candidates, context, mark, drafted }) => {
      const rounds = new Rounds(candidates, ensemble_weight);
      return drafted.find((each) => rounds.accepts(each)) ?? rounds.draw(context, mark);
    }),
};

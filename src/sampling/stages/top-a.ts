/** top_a: keeps tokens whose probability is at least a share of the square of the best one's. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("top_a"),
  top_a: finite({ min: 0, max: 1 }).describe(
    "Factor of the squared largest probability; the product is the smallest probability that is kept. 0 is off. Usual: 0.1 to 0.3.",
  ),
  min_keep: minKeep(),
});

export const top_a: Stage<z.infer<typeof options>> = {
  name: "top_a",
  summary: "Keeps tokens at least as likely as a times the square of the largest probability.",
  formula: "keep i ⇔ pᵢ ≥ a · (max p)², that is sᵢ ≥ max s + ln a + ln max p",
  source: {
    title: "Peng Bo, Top-a sampling, in RWKV-LM, 2021; as in koboldcpp",
    url: "https://github.com/BlinkDL/RWKV-LM",
  },
  options,
  example: { top_a: 0.2 },
  keepsArgmax: true,
  isNeutral: ({ top_a }) => top_a === 0,
  apply(candidates, { top_a, min_keep }) {
    const max = candidates.max();
    const ln_top = max - candidates.logSumExp();
    candidates.keepScoresFrom(max + ln(top_a) + ln_top - SCORE_SLACK, min_keep);
  },
};

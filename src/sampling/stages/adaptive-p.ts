/**
 * adaptive_p: prefers tokens whose probability is near a target, which moves so that the average stays there.
 */
import * as z from "zod";
import { finite } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** llama.cpp's constants: distance that counts as 1, score of a token right at the target, steepness. */
const WIDTH = 0.3;
const PEAK = 5;
const SHARPNESS = 10;

const options = z.strictObject({
  stage: z.literal("adaptive_p"),
  adaptive_target: finite({ min: -1, max: 1 }).describe(
    "Target for the average probability of the drawn tokens. Negative is off. Usual: 0.3 to 0.8.",
  ),
  adaptive_decay: finite({ min: 0, max: 0.99 })
    .default(0.9)
    .describe("How slowly the average forgets: about 1 / (1 − decay) tokens count."),
});

/** Σ λⁿ·p and Σ λⁿ over the tokens drawn so far, the last one with n = 0. */
const state = z.strictObject({
  weighted_sum: finite(),
  total_weight: finite({ min: 0 }),
});
type State = z.infer<typeof state>;

export const adaptive_p: Stage<z.infer<typeof options>> = {
  name: "adaptive_p",
  summary:
    "Scores each token by the distance of its probability to a target, which moves so that the drawn tokens' probabilities average t. Last in a chain.",
  formula:
    "t′ = clamp(2t − Σλⁿp / Σλⁿ, 0, 1); dᵢ = |pᵢ − t′| / 0.3; sᵢ ← 5 − 10 · dᵢ² / (1 + dᵢ); the drawn token's pᵢ, as it was before, joins the sums",
  source: {
    title: "MrJackSpade, adaptive-p, 2025; brought to llama.cpp by ddh0, #17927",
    url: "https://github.com/ggml-org/llama.cpp/pull/17927",
  },
  options,
  example: { adaptive_target: 0.5 },
  trigger: "adaptive_target",
  keepsArgmax: false,
  isNeutral: ({ adaptive_target }) => adaptive_target < 0,
  apply(candidates, { adaptive_target }, context) {
    const target = adapted(adaptive_target, context.stateOf("adaptive_p") as State); // state.schema has checked it
    const rule = { target, width: WIDTH, peak: PEAK, sharpness: SHARPNESS };
    candidates.scoreByDistance(rule, context.remembered);
  },
  state: {
    schema: state,
    initial: ({ adaptive_target, adaptive_decay }) => ({
      weighted_sum: adaptive_target / (1 - adaptive_decay),
      total_weight: 1 / (1 - adaptive_decay),
    }),
    next(state, { adaptive_decay }, { remembered }) {
      const { weighted_sum, total_weight } = state as State; // as above
      if (remembered === undefined) return state;
      return {
        weighted_sum: remembered + adaptive_decay * weighted_sum,
        total_weight: 1 + adaptive_decay * total_weight,
      };
    },
  },
};

/** The target of this step: 2t minus the average, so that it lies on the other side of t. */
function adapted(target: number, { weighted_sum, total_weight }: State): number {
  const wanted = total_weight === 0 ? target : 2 * target - weighted_sum / total_weight;
  return Math.min(Math.max(wanted, 0), 1);
}

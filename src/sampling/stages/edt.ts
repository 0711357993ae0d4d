/** edt: a temperature that rises with the entropy towards a given one. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import { finite } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("edt"),
  temperature: finite({ min: 0, max: 1000 })
    .default(1)
    .describe("T₀, the temperature that a flat distribution approaches."),
  edt_theta: finite({ min: 0, max: 100 }).describe(
    "How fast the temperature falls with the entropy; at 0 it is T₀. Usual: 0.1 to 1.",
  ),
  edt_base: finite({ min: 0, openMin: true, max: 1 })
    .default(0.8)
    .describe("Base of the power θ/H; default 0.8, as in the paper. 1: the temperature is T₀."),
});

export const edt: Stage<z.infer<typeof options>> = {
  name: "edt",
  summary:
    "Entropy-based dynamic temperature: near T₀ where the model is unsure, towards 0 where it is certain. Takes the place of temperature.",
  formula: "sᵢ ← sᵢ / T, T = T₀ · N^(θ/H), H = −Σ pⱼ ln pⱼ in nats, N = edt_base",
  source: {
    title:
      "Zhang et al., EDT: Improving Large Language Models' Generation by Entropy-based Dynamic Temperature Sampling, 2024",
    url: "https://arxiv.org/abs/2403.14541",
  },
  options,
  example: { edt_theta: 0.3 },
  trigger: "edt_theta",
  replaces: ["temperature"],
  setsTemperature: true,
  keepsArgmax: true,
  isNeutral: ({ temperature, edt_theta, edt_base }) =>
    temperature === 1 && (edt_theta === 0 || edt_base === 1),
  isGreedy: ({ temperature }) => temperature === 0,
  apply(candidates, { temperature, edt_theta, edt_base }) {
    if (candidates.count() === 1) return;
    const { entropy } = candidates.moments();
    const exponent = edt_theta === 0 ? 0 : edt_theta / Math.max(0, entropy);
    const chosen = temperature * exp(exponent * ln(edt_base));
    if (chosen > 0) candidates.divideBy(chosen);
    else candidates.keepTopK(1, "cut");
  },
};

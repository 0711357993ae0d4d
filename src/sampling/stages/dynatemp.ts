/** dynatemp: a temperature that follows the entropy, within a range around the given one. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import { listedIn } from "../candidates/removal.ts";
import { finite, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("dynatemp"),
  temperature: finite({ min: 0, max: 1000 }).default(1).describe("The middle of the range of temperatures."),
  dynatemp_range: finite({ min: 0, max: 1000 }).describe(
    "Maximum distance of the temperature from the middle, on either side; it never falls below 0. 0: the plain temperature.",
  ),
  dynatemp_exponent: finite({ min: 0, max: 100 })
    .default(1)
    .describe(
      "Exponent of the curve from the lowest temperature (no entropy) to the highest (equal probabilities).",
    ),
  dynatemp_tokens: oneOf(["kept", "listed"])
    .default("kept")
    .describe(
      "The number n in ln n: `kept`, the tokens that can be drawn; `listed`, also banned tokens that no later cut has removed from the list (llama.cpp).",
    ),
});

export const dynatemp: Stage<z.infer<typeof options>> = {
  name: "dynatemp",
  summary:
    "Dynamic temperature: sharp where the model is certain, flat where it is not. Takes the place of temperature.",
  formula: "sᵢ ← sᵢ / (lo + (hi − lo) · (H / ln n)ᵉ), lo = max(0, T − r), hi = T + r, n tokens",
  source: {
    title: "kalomaze, DynaTemp, koboldcpp, 2024; llama.cpp's temp_ext",
    url: "https://github.com/LostRuins/koboldcpp/pull/600",
  },
  options,
  example: { dynatemp_range: 0.5 },
  trigger: "dynatemp_range",
  replaces: ["temperature"],
  setsTemperature: true,
  keepsArgmax: true,
  isNeutral: ({ temperature, dynatemp_range }) => temperature === 1 && dynatemp_range === 0,
  isGreedy: ({ temperature, dynatemp_range }) => temperature === 0 && dynatemp_range === 0,
  apply(candidates, { temperature, dynatemp_range, dynatemp_exponent, dynatemp_tokens }) {
    const count = dynatemp_tokens === "listed" ? listedIn(candidates) : candidates.count();
    if (count === 1) return;
    const low = Math.max(0, temperature - dynatemp_range);
    const high = temperature + dynatemp_range;
    const share = Math.max(0, Math.min(1, candidates.moments().entropy / ln(count)));
    const chosen = low + (high - low) * power(share, dynatemp_exponent);
    if (chosen === 0) candidates.keepTopK(1, "cut");
    else candidates.divideBy(chosen);
  },
};

/** xᵉ for x in [0, 1] and e ≥ 0, 0⁰ = 1; the built-in power differs between engines in its last bits. */
function power(x: number, e: number): number {
  return e === 0 ? 1 : exp(e * ln(x));
}

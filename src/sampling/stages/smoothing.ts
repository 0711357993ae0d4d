/** smoothing: quadratic sampling, evens out the best tokens and pushes the others down. */
import * as z from "zod";
import { finite } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("smoothing"),
  smoothing_factor: finite({ min: 0, max: 100 }).describe(
    "f: how strongly the distance to the largest score counts, squared. 0 is off. Usual: 0.2 to 0.3.",
  ),
  smoothing_curve: finite({ min: 1, max: 10 })
    .default(1)
    .describe(
      "Shares the weight between the square and the cube of the distance: 1 is all square, 3 all cube. Beyond 3 scores near the largest may overtake it.",
    ),
});

export const smoothing: Stage<z.infer<typeof options>> = {
  name: "smoothing",
  summary:
    "Quadratic sampling: replaces each score's distance to the largest by a polynomial of it, which flattens the top and steepens the rest.",
  formula: "d = sᵢ − max s; sᵢ ← max s − k·f·d² + c·f·d³, k = (3 − curve)/2, c = (curve − 1)/2",
  source: {
    title: "kalomaze, Quadratic sampling, text-generation-webui #5403, 2024; the curve is #5551",
    url: "https://github.com/oobabooga/textgen/pull/5403",
  },
  options,
  example: { smoothing_factor: 0.25 },
  trigger: "smoothing_factor",
  keepsArgmax: false,
  isNeutral: ({ smoothing_factor }) => smoothing_factor === 0,
  apply(candidates, { smoothing_factor, smoothing_curve }) {
    const square = (-smoothing_factor * (3 - smoothing_curve)) / 2;
    const cube = (smoothing_factor * (smoothing_curve - 1)) / 2;
    candidates.smooth(square, cube);
  },
};

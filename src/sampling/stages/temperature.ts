/** temperature: flattens or sharpens the distribution; 0 is greedy decoding. */
import { z } from "zod";
import { finite } from "../fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("temperature"),
  temperature: finite({ min: 0, max: 1000 }).describe(
    "Divides every score. Below 1 sharpens, above 1 flattens, 1 changes nothing; 0 is greedy: the most likely token, the lowest id among equals. Usual: 0.2 to 1.5.",
  ),
});

export const temperature: Stage<z.infer<typeof options>> = {
  name: "temperature",
  summary:
    "Divides every score by T: below 1 sharpens the distribution, above 1 flattens it, 0 takes the argmax.",
  formula: "sᵢ ← sᵢ / T",
  source: {
    title: "Ackley, Hinton & Sejnowski, A learning algorithm for Boltzmann machines, 1985",
    url: "https://doi.org/10.1207/s15516709cog0901_7",
  },
  options,
  example: { temperature: 0.8 },
  keepsArgmax: true,
  isNeutral: ({ temperature }) => temperature === 1,
  isGreedy: ({ temperature }) => temperature === 0,
  apply(candidates, { temperature }) {
    if (temperature === 0) candidates.keepTopK(1, "cut");
    else candidates.divideBy(temperature);
  },
};

/** temperature: flattens or sharpens the distribution; 0 is greedy decoding. */
import * as z from "zod";
import { finite } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("temperature"),
  temperature: finite({ min: 0, max: 1000 }).describe(
    "Divides every score. Below 1 sharpens, above 1 flattens, 1 changes nothing; 0 is greedy: the most likely token, the lowest id among equals. Usual: 0.2 to 1.5.",
  ),
  temperature_floor: finite({ min: 0, max: 1 })
    .default(0)
    .describe("Temperatures between 0 and this are raised to it (vLLM: 0.01)."),
  temperature_greedy_below: finite({ min: 0, max: 1 })
    .default(0)
    .describe("Temperatures below this are greedy, like 0 (SGLang: 1e-6)."),
});

type Options = z.infer<typeof options>;

export const temperature: Stage<Options> = {
  name: "temperature",
  summary:
    "Divides every score by T: below 1 sharpens the distribution, above 1 flattens it, 0 takes the argmax.",
  formula: "sᵢ ← sᵢ / T, T at least temperature_floor",
  source: {
    title: "Ackley, Hinton & Sejnowski, A learning algorithm for Boltzmann machines, 1985",
    url: "https://doi.org/10.1207/s15516709cog0901_7",
  },
  options,
  example: { temperature: 0.8 },
  setsTemperature: true,
  keepsArgmax: true,
  isNeutral: ({ temperature }) => temperature === 1,
  isGreedy,
  looksAtBest: (options) => (isGreedy(options) ? 1 : 0),
  apply(candidates, options) {
    if (isGreedy(options)) candidates.keepTopK(1, "cut");
    else candidates.divideBy(Math.max(options.temperature, options.temperature_floor));
  },
};

function isGreedy({ temperature, temperature_greedy_below }: Options): boolean {
  return temperature === 0 || temperature < temperature_greedy_below;
}

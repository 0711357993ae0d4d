/** entropy: ends a text when the model has become sure, or very unsure. */
import * as z from "zod";
import { finite } from "../options/fields.ts";
import type { Stop } from "./stop.ts";
import { meanOf, windowLength } from "./window.ts";

const options = z
  .strictObject({
    below: finite({ min: 0 }).optional().describe("Applies when the mean is below this, in nats."),
    above: finite({ min: 0 }).optional().describe("Applies when the mean is above this, in nats."),
    window: windowLength(16),
  })
  .refine(({ below, above }) => below !== undefined || above !== undefined, {
    error: "must have below or above, got neither",
  })
  .describe("The mean entropy of the unchanged rows, over the last steps, is below or above a bound.");

export const entropy: Stop<z.infer<typeof options>> = {
  name: "entropy",
  finish_reason: "entropy",
  summary: "The mean entropy of the unchanged rows, over the last `window` steps, is below or above a bound.",
  source: {
    title:
      "after Sharma & Chopra, Think Just Enough: Sequence-Level Entropy as a Confidence Signal, 2025, whose rule differs: the entropy of the renormalised 20 best tokens, over the whole text",
    url: "https://arxiv.org/abs/2510.08146",
  },
  options,
  example: { below: 0.2, window: 32 },
  measure: {
    window: ({ window }) => window,
    of: (row) => row.uncertainty(2).entropy,
  },
  isDue({ below = Number.NEGATIVE_INFINITY, above = Number.POSITIVE_INFINITY, window }, _text, measured) {
    const mean = meanOf(measured, window);
    return mean !== undefined && (mean < below || mean > above);
  },
};

/** confidence: ends a text when the model has become unsure of its next tokens. */
import * as z from "zod";
import { SELECTION_MAX } from "../../kernels/kernel.ts";
import { finite, whole } from "../options/fields.ts";
import { CONFIDENCE_TOP_K } from "../report/uncertainty.ts";
import type { Stop } from "./stop.ts";
import { meanOf, WINDOW_MAX, windowLength } from "./window.ts";

const options = z
  .strictObject({
    below: finite({ min: 0 }).describe("Applies when the mean is below this: the model is then less sure."),
    window: windowLength(WINDOW_MAX),
    top_k: whole({ min: 1, max: SELECTION_MAX })
      .default(CONFIDENCE_TOP_K)
      .describe("Number k of most likely tokens in C = −(1/k) Σ ln p."),
  })
  .describe("The mean confidence of the unchanged rows, over the last steps, is below a bound.");

export const confidence: Stop<z.infer<typeof options>> = {
  name: "confidence",
  finish_reason: "confidence",
  summary:
    "The mean of C = −(1/k) Σ ln p of the k most likely tokens, over the last `window` steps, is below a bound.",
  source: { title: "Fu et al., Deep Think with Confidence, 2025", url: "https://arxiv.org/abs/2508.15260" },
  options,
  example: { below: 15, window: 1024 },
  measure: {
    window: ({ window }) => window,
    of: (row, { top_k }) => row.uncertainty(top_k).confidence,
  },
  isDue({ below, window }, _text, measured) {
    const mean = meanOf(measured, window);
    return mean !== undefined && mean < below;
  },
};

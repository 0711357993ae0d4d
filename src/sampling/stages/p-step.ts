/** p_step: keeps the most likely tokens up to the first drop that is too steep. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { note } from "../candidates/removal.ts";
import { prefixToStep } from "../candidates/step-row.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("p_step"),
  p_step: finite({ min: 0, max: 1 }).describe(
    "The smallest ratio of a token's probability to that of the token ranked before it. The list ends before the first token below it. 0 is off. Usual: 0.1 to 0.5.",
  ),
  min_keep: minKeep(),
});

export const p_step: Stage<z.infer<typeof options>> = {
  name: "p_step",
  summary: "Keeps the best tokens up to the first whose successor is less than p_step times as likely.",
  formula: "ranked: keep 1 … i, i the first with pᵢ₊₁ < step · pᵢ, that is sᵢ₊₁ < sᵢ + ln step",
  source: {
    title: "p-e-w (Weidmann), P-Step sampling, llama.cpp #5675, 2024",
    url: "https://github.com/ggml-org/llama.cpp/pull/5675",
  },
  options,
  example: { p_step: 0.3 },
  keepsArgmax: true,
  passes: 32,
  isNeutral: ({ p_step }) => p_step === 0,
  apply(candidates, { p_step, min_keep }) {
    const step = ln(p_step) - SCORE_SLACK;
    if (candidates.keepPrefix((row) => prefixToStep(row, step), min_keep)) return;
    const ranked = candidates.ranked();
    const kept = Math.max(countToStep(ranked, step), min_keep);
    note(candidates.removal, "rank", kept);
    ranked.truncate(kept);
  },
};

function countToStep({ scores, count }: Compact, step: number): number {
  let kept = 1;
  while (kept < count && (scores[kept] as number) - (scores[kept - 1] as number) >= step) kept++;
  return kept;
}

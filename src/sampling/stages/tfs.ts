/** tfs: tail-free sampling, cuts where the ranked probabilities stop bending. */
import { z } from "zod";
import type { Compact } from "../compact.ts";
import { finite, minKeep, oneOf } from "../fields.ts";
import type { Stage } from "../stage.ts";
import { SLACK } from "../thresholds.ts";

const options = z.strictObject({
  stage: z.literal("tfs"),
  tfs: finite({ min: 0, max: 1 }).describe(
    "z: the share of the curvature before the tail begins (llama.cpp called it `tfs_z`). 1 is off. Usual: 0.9 to 0.99.",
  ),
  tfs_edge: oneOf(["centre", "before"])
    .default("centre")
    .describe(
      "Where the cut lies at the bend that exceeds z: `centre` keeps the token in its middle and always drops the last token (KoboldAI, text-generation-webui), `before` keeps one token less and drops the last only past a bend (koboldcpp).",
    ),
  min_keep: minKeep(),
});

export const tfs: Stage<z.infer<typeof options>> = {
  name: "tfs",
  summary: "Tail-free sampling: drops the tail where the second differences of the ranked probabilities end.",
  formula: "ranked p; dᵢ = |pᵢ − 2pᵢ₊₁ + pᵢ₊₂| / Σ d; drop i ⇔ Σ{dⱼ : j < i} > z, and the last token",
  source: {
    title: "Bricken, Tail Free Sampling, 2019",
    url: "https://www.trentonbricken.com/Tail-Free-Sampling/",
  },
  options,
  keepsArgmax: true,
  isNeutral: ({ tfs }) => tfs === 1,
  apply(candidates, { tfs, tfs_edge, min_keep }) {
    if (candidates.count() < 3) return;
    const ranked = candidates.ranked();
    const bends = bendsWithin(ranked, tfs);
    const kept = tfs_edge === "centre" ? bends + 1 : bends === ranked.count - 2 ? ranked.count : bends;
    ranked.truncate(Math.max(kept, min_keep));
  },
};

/**
 * How many of the count − 2 second differences, from the first on, add up to at most z of their sum. A row without
 * any curvature (equal probabilities) has no tail: its differences all count.
 */
function bendsWithin(ranked: Compact, z: number): number {
  const p = ranked.probabilities();
  const bends = ranked.count - 2;
  let sum = 0;
  for (let i = 0; i < bends; i++) sum += bendAt(p, i);
  const limit = (z + SLACK) * sum;
  let running = 0;
  for (let i = 0; i < bends; i++) {
    running += bendAt(p, i);
    if (running > limit) return i;
  }
  return bends;
}

function bendAt(p: Float64Array, i: number): number {
  return Math.abs(p[i]! - 2 * p[i + 1]! + p[i + 2]!);
}

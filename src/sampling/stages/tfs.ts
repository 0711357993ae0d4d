/** tfs: tail-free sampling. It cuts where the curve of the ranked probabilities becomes straight. */
import * as z from "zod";
import type { Compact } from "../candidates/compact/compact.ts";
import { note, noteShare, type Removal } from "../candidates/removal.ts";
import { bendAt } from "../candidates/tail-free-row.ts";
import { SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("tfs"),
  tfs: finite({ min: 0, max: 1 }).describe(
    "z: the share of the curvature before the tail begins (llama.cpp called it `tfs_z`). 1 is off. Usual: 0.9 to 0.99.",
  ),
  tfs_edge: oneOf(["centre", "before"])
    .default("centre")
    .describe(
      "Position of the cut at the second difference that exceeds z: `centre` keeps its middle token and always drops the last token (KoboldAI, text-generation-webui); `before` keeps one token less, drops the last only past a second difference above 0, and treats all as equal when all are 0 (koboldcpp).",
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
  example: { tfs: 0.95 },
  keepsArgmax: true,
  isNeutral: ({ tfs }) => tfs === 1,
  passes: 32,
  apply(candidates, { tfs, tfs_edge, min_keep }) {
    if (candidates.count() < 3) return;
    const straight = tfs_edge === "before" ? STRAIGHT : -1;
    const found = candidates.bends(tfs, straight);
    if (found !== undefined) {
      const kept = tfs_edge === "centre" ? found.count + 1 : Math.max(1, found.count);
      noteShare(candidates.removal, tfs, found.kept_at, found.removed_at);
      if (kept < min_keep) note(candidates.removal, "rank", min_keep);
      candidates.keepBest(Math.max(kept, min_keep));
      return;
    }
    const ranked = candidates.ranked();
    const bends = bendsWithin(ranked, tfs, straight, candidates.removal);
    const before = bends === ranked.count - 2 ? ranked.count : Math.max(1, bends);
    const kept = tfs_edge === "centre" ? bends + 1 : before;
    // After the last second difference, only the last token is removed.
    if (kept < min_keep || bends === ranked.count - 2)
      note(candidates.removal, "rank", Math.max(kept, min_keep));
    ranked.truncate(Math.max(kept, min_keep));
  },
};

/** In koboldcpp, second differences with a sum up to this count equally. */
const STRAIGHT = 1e-6;

/**
 * How many of the count − 2 second differences, from the first on, add up to at most z of their sum. When the sum is
 * 0 (equal probabilities) there is no tail, and all count; when it is at most `straight`, each counts the same.
 */
function bendsWithin(ranked: Compact, z: number, straight: number, removal: Removal): number {
  const p = ranked.probabilities();
  const bends = ranked.count - 2;
  let sum = 0;
  for (let i = 0; i < bends; i++) sum += bendAt(p, i);
  const is_straight = sum <= straight;
  if (is_straight) sum = bends;
  const limit = (z + SLACK) * sum;
  let running = 0;
  for (let i = 0; i < bends; i++) {
    const before = running;
    running += is_straight ? 1 : bendAt(p, i);
    if (running <= limit) continue;
    noteShare(removal, z, before / sum, running / sum);
    return i;
  }
  return bends;
}

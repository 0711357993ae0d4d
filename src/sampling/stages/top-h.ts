/** top_h: keeps the most likely tokens while they hold at most a share of the entropy. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { note, noteShare, type Removal } from "../candidates/removal.ts";
import { finite, minKeep, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** Relative tolerance of the bound: a nearly certain row has an entropy far below any absolute tolerance. */
const RELATIVE_SLACK = 1e-6;

const options = z.strictObject({
  stage: z.literal("top_h"),
  top_h: finite({ min: 0, openMin: true, max: 1 }).describe(
    "The share of the entropy that the kept tokens may hold. 1 keeps all top_h_tokens. Usual: 0.4.",
  ),
  top_h_top_n: whole({ min: 1 })
    .default(100)
    .describe("Number of most likely tokens to consider; the entropy is of these (transformers: 100)."),
  min_keep: minKeep(),
});

export const top_h: Stage<z.infer<typeof options>> = {
  name: "top_h",
  summary: "Keeps the longest descending prefix of the best n tokens that holds at most h of their entropy.",
  formula: "keep i ⇔ Σ{−pⱼ ln pⱼ : rank j ≤ rank i} ≤ h · H, H and p over the best n; the first always",
  source: {
    title:
      "Baghaei Potraghloo et al., Top-H Decoding: Adapting the Creativity and Coherence with Bounded Entropy in Text Generation, 2025; p over the best n is transformers' rule, the authors' code does not normalise",
    url: "https://arxiv.org/abs/2509.02510",
  },
  options,
  example: { top_h: 0.4 },
  keepsArgmax: true,
  isNeutral: () => false,
  apply(candidates, { top_h, top_h_top_n, min_keep }) {
    candidates.keepTopK(Math.max(top_h_top_n, min_keep), "cut");
    const ranked = candidates.ranked();
    const kept = prefixOfEntropy(ranked, top_h, candidates.removal);
    if (kept < min_keep) note(candidates.removal, "rank", min_keep);
    ranked.truncate(Math.max(kept, min_keep));
  },
};

/** The number of ranked tokens that hold at most h of the entropy; at least 1. */
function prefixOfEntropy(ranked: Compact, h: number, removal: Removal): number {
  const p = ranked.probabilities();
  let entropy = 0;
  for (let i = 0; i < ranked.count; i++) entropy += surprise(p[i]!);
  const limit = h * entropy * (1 + RELATIVE_SLACK);
  let held = surprise(p[0]!);
  let kept = 1;
  while (kept < ranked.count) {
    const before = held;
    held += surprise(p[kept]!);
    if (held > limit) {
      noteShare(removal, h, before / entropy, held / entropy);
      break;
    }
    kept++;
  }
  return kept;
}

/** −p ln p, 0 at p = 0. */
function surprise(p: number): number {
  return p > 0 ? -p * ln(p) : 0;
}

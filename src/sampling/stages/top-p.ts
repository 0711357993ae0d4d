/** top_p: keeps the smallest set of most likely tokens whose probabilities add up to p. */
import * as z from "zod";
import { exp } from "../../kernels/float64.ts";
import type { Candidates } from "../candidates/candidates.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { note, noteShare, type Removal } from "../candidates/removal.ts";
import { SLACK } from "../candidates/thresholds.ts";
import { finite, flag, minKeep, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

export const options = z.strictObject({
  stage: z.literal("top_p"),
  top_p: finite({ min: 0, max: 1 }).describe(
    "The mass to keep: the smallest descending prefix whose probabilities reach it. The mass is relative to the kept tokens: after top_k, to the k tokens. SGLang takes it of all tokens, which is top_p before top_k. 1 is off, 0 keeps one token. Usual: 0.8 to 0.98.",
  ),
  top_p_inclusive: flag()
    .default(false)
    .describe("Also keep a token when the mass before it exactly equals p (SGLang's rule)."),
  top_p_ties: oneOf(["cut", "keep", "highest"])
    .default("cut")
    .describe(
      "Tokens whose score equals that of the last one kept: `cut` ranks lower ids first, `highest` higher ones (transformers, vLLM's PyTorch path), `keep` keeps them all (FlashInfer).",
    ),
  top_p_crossing: oneOf(["keep", "drop"])
    .default("keep")
    .describe(
      "The token with which the mass exceeds p: `keep` it, or `drop` it and its equals, so that at most p is kept (ExLlamaV3 before version 1). The most likely token and its equals always stay.",
    ),
  min_keep: minKeep(),
});

export const top_p: Stage<z.infer<typeof options>> = {
  name: "top_p",
  summary: "Nucleus sampling: keeps the smallest descending prefix whose probabilities add up to p.",
  formula: "keep i ⇔ Σ{pⱼ : j ranks before i} < p",
  source: {
    title: "Holtzman et al., The Curious Case of Neural Text Degeneration, 2019",
    url: "https://arxiv.org/abs/1904.09751",
  },
  options,
  example: { top_p: 0.95 },
  keepsArgmax: true,
  isNeutral: ({ top_p }) => top_p === 1,
  apply(candidates, { top_p, top_p_inclusive, top_p_ties, top_p_crossing, min_keep }) {
    if (top_p_crossing === "drop") keepWithin(candidates, top_p, min_keep);
    else candidates.keepMass(top_p, { inclusive: top_p_inclusive, ties: top_p_ties, min_keep });
  },
};

/** Keeps the tokens that hold at most p together with their equals and all before them; always the best one. */
function keepWithin(candidates: Candidates, p: number, min_keep: number): void {
  const logsumexp = candidates.logSumExp();
  // No token after the one that exceeds p can stay, so few are left to check one by one.
  if (min_keep === 1) candidates.keepMass(p, { inclusive: true, ties: "keep", min_keep });
  const ranked = candidates.ranked();
  const kept = countWithin(ranked, p, logsumexp, candidates.removal);
  if (kept < min_keep) note(candidates.removal, "rank", min_keep);
  ranked.truncate(Math.max(kept, min_keep));
}

function countWithin({ scores, count }: Compact, p: number, logsumexp: number, removal: Removal): number {
  let mass = 0;
  let before = 0;
  let begin = 0;
  for (let i = 0; i < count; i++) {
    if (scores[i] !== scores[begin]) {
      begin = i;
      before = mass;
    }
    mass += exp(scores[i]! - logsumexp);
    if (begin === 0 || mass <= p + SLACK) continue;
    noteShare(removal, p, before, mass);
    return begin;
  }
  return count;
}

/** ees: keeps the most likely tokens while their evenness is at least the mass they hold. It has no parameter. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { isPastEquilibrium } from "../candidates/equilibrium.ts";
import { equilibriumOfRow } from "../candidates/equilibrium-row.ts";
import { note } from "../candidates/removal.ts";
import { flag, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("ees"),
  ees: flag().describe("true keeps the tokens before evenness and mass meet; false is off."),
  min_keep: minKeep(),
});

export const ees: Stage<z.infer<typeof options>> = {
  name: "ees",
  summary:
    "Entropy equilibrium: keeps the best tokens up to where the evenness of their probabilities falls below the mass they hold.",
  formula:
    "i the first of 2, 3, … with H(p₁ … pᵢ over Pᵢ) / ln i < Pᵢ = p₁ + … + pᵢ, ranked: keep the i − 1 best; all where there is none",
  source: {
    title:
      "Cai et al., Auxiliary-Hyperparameter-Free Sampling: Entropy Equilibrium for Text Generation, 2025",
    url: "https://arxiv.org/abs/2512.00789",
  },
  options,
  example: { ees: true },
  keepsArgmax: true,
  passes: 32,
  isNeutral: ({ ees }) => !ees,
  apply(candidates, { min_keep }) {
    if (candidates.keepPrefix(equilibriumOfRow, min_keep)) return;
    const ranked = candidates.ranked();
    const kept = Math.max(countToEquilibrium(ranked), min_keep);
    note(candidates.removal, "rank", kept);
    ranked.truncate(kept);
  },
};

/** With h = −Σ p ln p over the first i, the entropy of p / P is h / P + ln P. */
function countToEquilibrium(ranked: Compact): number {
  const p = ranked.probabilities();
  let mass = 0;
  let h = 0;
  for (let i = 0; i < ranked.count; i++) {
    const own = p[i] as number; // i < count
    mass += own;
    h -= own > 0 ? own * ln(own) : 0;
    if (isPastEquilibrium(h / mass + ln(mass), mass, i + 1)) return i;
  }
  return ranked.count;
}

/** eta_cutoff: keeps tokens above a probability that falls as the entropy grows. */
import * as z from "zod";
import { ln } from "../../kernels/float64.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, minKeep } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const options = z.strictObject({
  stage: z.literal("eta_cutoff"),
  eta_cutoff: finite({ min: 0, max: 1, openMax: true }).describe(
    "ε of the rule: the cutoff is the smaller of ε and √ε · exp(−entropy). 0 is off. Usual: 3e-4 to 4e-3. (text-generation-webui counts it in units of 1e-4.)",
  ),
  min_keep: minKeep(),
});

export const eta_cutoff: Stage<z.infer<typeof options>> = {
  name: "eta_cutoff",
  summary: "Keeps tokens at least as likely as η: ε, or a smaller value where the distribution is flat.",
  formula: "keep i ⇔ pᵢ ≥ η = min(ε, √ε · e⁻ᴴ), H = −Σ pⱼ ln pⱼ",
  source: {
    title: "Hewitt, Manning & Liang, Truncation Sampling as Language Model Desmoothing, 2022",
    url: "https://arxiv.org/abs/2210.15191",
  },
  options,
  example: { eta_cutoff: 2e-3 },
  keepsArgmax: true,
  isNeutral: ({ eta_cutoff }) => eta_cutoff === 0,
  apply(candidates, { eta_cutoff, min_keep }) {
    const { logsumexp, entropy } = candidates.moments();
    const ln_epsilon = ln(eta_cutoff);
    const ln_eta = Math.min(ln_epsilon, ln_epsilon / 2 - entropy);
    candidates.keepScoresFrom(logsumexp + ln_eta - SCORE_SLACK, min_keep);
  },
};

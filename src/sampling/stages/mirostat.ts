/** mirostat: steers the surprise of the drawn tokens towards a target, by a cut that moves from step to step. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { SCORE_SLACK } from "../candidates/thresholds.ts";
import { finite, whole } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** Number of best tokens to which version 1 fits Zipf's law (m of the paper; llama.cpp fixes it too). */
const ZIPF_TOKENS = 100;

const options = z.strictObject({
  stage: z.literal("mirostat"),
  mirostat: whole({ min: 0, max: 2 }).describe(
    "Version: 1 cuts at a rank that follows from a fit of Zipf's law, 2 at a surprise of µ bits. 0 is off.",
  ),
  mirostat_tau: finite({ min: 0, max: 100 })
    .default(5)
    .describe("Target surprise of the drawn tokens, in bits. Usual: 3 to 5."),
  mirostat_eta: finite({ min: 0, max: 10 })
    .default(0.1)
    .describe("How fast µ follows the error. Usual: 0.1."),
});

/** `{"mu": 9.8}`: the bound on surprise, in bits; 2τ at the first step. */
const state = z.strictObject({ mu: finite() });
type State = z.infer<typeof state>;

export const mirostat: Stage<z.infer<typeof options>> = {
  name: "mirostat",
  summary:
    "Keeps tokens of a surprise up to µ bits, and moves µ so that the drawn tokens surprise by τ bits on average.",
  formula: "keep i ⇔ −log₂ pᵢ ≤ µ; after the draw of x: µ ← µ − η · (−log₂ p′ₓ − τ), p′ after the cut",
  source: {
    title:
      "Basu et al., Mirostat: A Neural Text Decoding Algorithm that Directly Controls Perplexity, 2020; p′ after the cut is llama.cpp's rule, the authors' code takes p before it",
    url: "https://arxiv.org/abs/2007.14966",
  },
  options,
  example: { mirostat: 2 },
  keepsArgmax: true,
  isNeutral: ({ mirostat }) => mirostat === 0,
  apply(candidates, { mirostat }, context) {
    const { mu } = context.stateOf("mirostat") as State; // the driver passes a state that `state.schema` has checked
    if (mirostat === 1) candidates.keepTopK(rankBound(candidates, mu, context.vocab_size), "cut");
    else candidates.keepScoresFrom(candidates.logSumExp() - mu * Math.LN2 - SCORE_SLACK, 1);
  },
  state: {
    schema: state,
    initial: ({ mirostat_tau }) => ({ mu: 2 * mirostat_tau }),
    next(state, { mirostat_tau, mirostat_eta }, { logprob }) {
      const { mu } = state as State; // as above
      return { mu: mu - mirostat_eta * (-logprob() / Math.LN2 - mirostat_tau) };
    },
  },
};

const best = new Float64Array(ZIPF_TOKENS);

/**
 * k of version 1: (ε̂ · 2^µ / (1 − N^−ε̂))^(1/ŝ), ε̂ = ŝ − 1, where Zipf's exponent ŝ is the least-squares fit of
 * ln(pᵢ / pᵢ₊₁) against ln((i + 1) / i) over the best tokens and N is the vocabulary size. At least 1.
 */
function rankBound(candidates: Candidates, mu: number, vocab_size: number): number {
  const count = candidates.bestScores(best);
  let products = 0;
  let squares = 0;
  for (let i = 1; i < count; i++) {
    const rank_ratio = ln((i + 1) / i);
    products += rank_ratio * (best[i - 1]! - best[i]!);
    squares += rank_ratio * rank_ratio;
  }
  const exponent = products / squares;
  const bound = exp(ln(exp(mu * Math.LN2) * scaleOf(exponent - 1, ln(vocab_size))) / exponent);
  // NaN when fewer than two tokens are left, because there is nothing to fit.
  return bound >= 1 ? Math.min(Math.floor(bound), Number.MAX_SAFE_INTEGER) : 1;
}

/** ε / (1 − e^(−ε · ln N)), whose limit at ε = 0 is 1 / ln N. */
function scaleOf(excess: number, ln_size: number): number {
  return Math.abs(excess) < 1e-7 ? 1 / ln_size : excess / (1 - exp(-excess * ln_size));
}

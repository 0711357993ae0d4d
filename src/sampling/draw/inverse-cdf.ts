/** inverse_cdf: the token at a uniform number of the cumulative distribution, in the order of token ids. */
import * as z from "zod";
import type { DrawRule } from "./draw-rule.ts";

const options = z.strictObject({ rule: z.literal("inverse_cdf") });

/** Number of draws between two pauses. */
const DRAWS = 256;

export const inverse_cdf: DrawRule<z.infer<typeof options>> = {
  name: "inverse_cdf",
  summary: "The token at which the running sum of probabilities, in the order of token ids, exceeds u.",
  formula: "min {i : Σ_{j ≤ i} pⱼ > u}, u ~ U(0, 1) of seed, step and draw",
  source: {
    title: "Devroye, Non-Uniform Random Variate Generation, III.2, 1986",
    url: "https://luc.devroye.org/rnbookindex.html",
  },
  options,
  example: {},
  needs: ["seed", "step"],
  leaves: "inverse_cdf",
  passes: 1,
  draw(candidates, _options, context, { n, replacement }) {
    if (n === 1) return [candidates.draw(() => context.uniform("token"))];
    const uniforms = Array.from({ length: n }, (_, draw) => context.uniform("token", draw));
    return candidates.drawEach(uniforms, replacement);
  },
  *drawInPieces(candidates, options, context, { n, replacement }) {
    // Draws with replacement share one pass over the tokens.
    if (n <= DRAWS || !replacement || !candidates.draws_apart)
      return inverse_cdf.draw(candidates, options, context, { n, replacement });
    const drawn: number[] = [];
    for (let from = 0; from < n; from += DRAWS) {
      const length = Math.min(DRAWS, n - from);
      const uniforms = Array.from({ length }, (_, i) => context.uniform("token", from + i));
      for (const token_id of candidates.drawEach(uniforms, true)) drawn.push(token_id);
      yield;
    }
    return drawn;
  },
  account: (tracer, token_id, _options, context) => tracer.inverseCdf(token_id, context.uniform("token")),
  hold(candidates, token_id, _options, context) {
    const uniform = context.uniform("token");
    const drawn = candidates.draw(() => uniform);
    const { from, to } = candidates.interval(token_id);
    const margin = from === to ? Number.NEGATIVE_INFINITY : Math.min(uniform - from, to - uniform);
    return { token_id: drawn, margin, uniform, from, to };
  },
};

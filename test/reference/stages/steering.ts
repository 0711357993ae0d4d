/** Stages that steer with a state from step to step. */
import fc from "fast-check";
import { stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { logSumExp, number, prefix, probabilitiesOf, type Rule, ranked, type Token } from "../tokens.ts";

const mirostat: Rule = (tokens, options, world) => {
  const { mu } = world.state("mirostat");
  if (number(options, "mirostat") === 1) {
    const order = ranked(tokens);
    const k = rankBound(order, mu as number, world.vocab_size); // the state's schema has checked it
    world.near(k - Math.round(k));
    return prefix(order, Math.max(1, Math.floor(k)), false, world);
  }
  const bound = logSumExp(tokens) - (mu as number) * Math.LN2;
  for (const { score } of tokens) world.near(score - bound);
  const kept = tokens.filter(({ score }) => score >= bound);
  return kept.length > 0 ? kept : prefix(ranked(tokens), 1, false, world);
};

/** Zipf's exponent by least squares over the best 100 tokens, and the rank at which the surprise reaches µ. */
function rankBound(order: readonly Token[], mu: number, vocab_size: number): number {
  const best = order.slice(0, 100);
  const steps = best.slice(1).map((next, i) => ({
    b: (best[i] as Token).score - next.score, // ln(pᵢ / pᵢ₊₁), and i < length − 1
    t: Math.log((i + 2) / (i + 1)),
  }));
  if (steps.length === 0) return 1;
  const s = steps.reduce((sum, { t, b }) => sum + t * b, 0) / steps.reduce((sum, { t }) => sum + t * t, 0);
  const epsilon = s - 1;
  const scale = Math.abs(epsilon) < 1e-7 ? 1 / Math.log(vocab_size) : epsilon / (1 - vocab_size ** -epsilon);
  return (2 ** mu * scale) ** (1 / s);
}

const adaptive_p: Rule = (tokens, options, world) => {
  const t = number(options, "adaptive_target");
  if (t < 0) return tokens;
  const { weighted_sum, total_weight } = world.state("adaptive_p") as Record<string, number>; // as its schema checks
  const wanted = 2 * t - (weighted_sum as number) / (total_weight as number);
  const target = Math.min(1, Math.max(0, wanted));
  const p = probabilitiesOf(tokens);
  return tokens.map(({ id }, i) => {
    const d = Math.abs((p[i] as number) - target) / 0.3;
    return { id, score: 5 - (10 * d * d) / (1 + d) };
  });
};

/** The rules with random options, in the ranges in which people use them and somewhat beyond. */
export const stages: Reference = {
  mirostat: {
    rule: mirostat,
    options: {
      mirostat: fc.integer({ min: 0, max: 2 }),
      mirostat_tau: stepsOf(0.5, 6),
      mirostat_eta: stepsOf(0, 1),
    },
    next: ({ mu }, options, { after }) => ({
      // the state's schema has checked it
      mu:
        (mu as number) -
        number(options, "mirostat_eta") * (-Math.log2(after) - number(options, "mirostat_tau")),
    }),
  },
  adaptive_p: {
    rule: adaptive_p,
    options: { adaptive_target: stepsOf(-0.2, 1), adaptive_decay: stepsOf(0, 0.99) },
    next: (state, options, { before }) => {
      if (number(options, "adaptive_target") < 0) return state;
      const decay = number(options, "adaptive_decay");
      return {
        weighted_sum: before + decay * number(state, "weighted_sum"),
        total_weight: 1 + decay * number(state, "total_weight"),
      };
    },
  },
};

import fc from "fast-check";
import { stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, probabilitiesOf, type Rule, ranked } from "../tokens.ts";

const rule: Rule = (tokens, options) => {
  const skew = number(options, "skew");
  if (skew === 0) return tokens;
  const order = options["skew_order"] === "rank" ? ranked(tokens) : [...tokens].sort((a, b) => a.id - b.id);
  const p = probabilitiesOf(order);
  const a = Math.exp(skew);
  let before = 0;
  return order.flatMap(({ id }, i) => {
    const own = p[i] as number; // as many as tokens
    if (own === 0) return []; // too small for a float64: it has no part in the sums
    const after = before + own;
    // after^a − before^a, computed without subtracting nearly equal numbers, at either end
    const rest = own < after / 2 ? Math.log1p(-own / after) : Math.log(before / after);
    const share = -Math.expm1(a * rest);
    before = after;
    return [{ id, score: a * Math.log(after) + Math.log(share) }];
  });
};

export const stages: Reference = {
  skew: { rule, options: { skew: stepsOf(-3, 3), skew_order: fc.constantFrom("rank", "id") } },
};

import fc from "fast-check";
import { min_keep, stepsOf, ties } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { largest, number, prefix, type Rule, ranked, type Token } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  if (options["min_k"] === false) return tokens;
  const order = ranked(tokens);
  let cliff = 1;
  let steepest = 0;
  for (const [i, { score }] of order.entries()) {
    const drop = score - (order[i + 1]?.score ?? score);
    const needed = steepest * (i + 1);
    if (i > 0) world.near(drop - needed);
    if (drop > needed) {
      cliff = i + 1;
      steepest = drop / cliff;
    }
  }
  const range = largest(tokens) - (order.at(-1) as Token).score; // at least one is there
  const tau = number(options, "min_k_tau");
  const fallback = tau === 0 ? 0 : tau / range;
  if (range > 0) world.near(fallback - Math.round(fallback));
  const k = Math.max(cliff, Math.floor(fallback), number(options, "min_keep"));
  return prefix(order, k, options["min_k_ties"] === "keep", world);
};

export const stages: Reference = {
  min_k: {
    rule,
    options: {
      min_k: fc.constantFrom(true, true, true, false),
      min_k_tau: fc.oneof(stepsOf(0, 10), stepsOf(10, 1000)),
      min_k_ties: ties,
      min_keep,
    },
  },
};

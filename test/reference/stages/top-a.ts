import { min_keep, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { atLeast, largest, logSumExp, number, type Rule } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  const a = number(options, "top_a");
  if (a === 0) return tokens;
  const logsumexp = logSumExp(tokens);
  const best = Math.exp(largest(tokens) - logsumexp);
  return atLeast(tokens, logsumexp + Math.log(a * best ** 2), number(options, "min_keep"), world);
};

export const stages: Reference = { top_a: { rule, options: { top_a: stepsOf(0, 1), min_keep } } };

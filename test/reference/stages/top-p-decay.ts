import fc from "fast-check";
import { few_ids, flag, min_keep, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Rule } from "../tokens.ts";
import { stages as removing } from "./removing.ts";

const rule: Rule = (tokens, options, world) => {
  const reset = options["top_p_reset_ids"] as { has(id: number): boolean } | undefined; // as its schema makes it
  let p = number(options, "top_p");
  for (const id of world.history.slice(world.prompt_length))
    p = reset?.has(id)
      ? number(options, "top_p")
      : Math.max(p * number(options, "top_p_decay"), number(options, "top_p_min"));
  return removing["top_p"]?.rule(tokens, { ...options, top_p: p }, world) ?? tokens;
};

export const stages: Reference = {
  top_p_decay: {
    rule,
    options: {
      top_p_decay: stepsOf(0.7, 1),
      top_p: stepsOf(0.1, 1),
      top_p_min: stepsOf(0.05, 0.6),
      top_p_reset_ids: fc.option(few_ids, { nil: undefined }),
      top_p_inclusive: flag,
      top_p_ties: fc.constantFrom("cut", "keep", "highest"),
      top_p_crossing: fc.constantFrom("keep", "keep", "drop"),
      min_keep,
    },
  },
};

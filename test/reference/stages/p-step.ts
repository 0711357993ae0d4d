import { min_keep, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, prefix, probabilitiesOf, type Rule, ranked } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  const step = number(options, "p_step");
  if (step === 0) return tokens;
  const order = ranked(tokens);
  const p = probabilitiesOf(order);
  const too_steep = p.findIndex((each, i) => {
    const next = p[i + 1];
    if (next === undefined || each === 0) return false;
    world.near(Math.log(next / each) - Math.log(step));
    return next < step * each;
  });
  const kept = too_steep < 0 ? order.length : too_steep + 1;
  return prefix(order, Math.max(kept, number(options, "min_keep")), false, world);
};

export const stages: Reference = { p_step: { rule, options: { p_step: stepsOf(0, 1), min_keep } } };

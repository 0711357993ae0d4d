import fc from "fast-check";
import { min_keep } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, prefix, probabilitiesOf, type Rule, ranked, sum } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  if (options["ees"] !== true) return tokens;
  const order = ranked(tokens);
  const p = probabilitiesOf(order);
  let kept = order.length;
  for (let i = 2; i <= order.length; i++) {
    const best = p.slice(0, i);
    const mass = sum(best);
    const entropy = sum(best.map((each) => (each === 0 ? 0 : -(each / mass) * Math.log(each / mass))));
    const distance = entropy / Math.log(i) - mass;
    world.near(distance);
    if (distance >= 0) continue;
    kept = i - 1;
    break;
  }
  return prefix(order, Math.max(kept, number(options, "min_keep")), false, world);
};

export const stages: Reference = {
  ees: { rule, options: { ees: fc.constantFrom(true, true, false), min_keep } },
};

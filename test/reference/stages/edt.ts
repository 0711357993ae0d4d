import { stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { entropyOf, number, prefix, type Rule, ranked } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  const theta = number(options, "edt_theta");
  if (tokens.length === 1) return tokens;
  const exponent = theta === 0 ? 0 : theta / entropyOf(tokens);
  const t = number(options, "temperature") * number(options, "edt_base") ** exponent;
  if (t === 0) return prefix(ranked(tokens), 1, false, world);
  return tokens.map(({ id, score }) => ({ id, score: score / t }));
};

export const stages: Reference = {
  edt: {
    rule,
    options: { temperature: stepsOf(0.5, 2), edt_theta: stepsOf(0, 1), edt_base: stepsOf(0.5, 1) },
  },
};

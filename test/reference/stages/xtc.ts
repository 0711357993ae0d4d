import fc from "fast-check";
import { min_keep, spared, stepsOf, ties } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { logSumExp, number, probabilitiesOf, type Rule, ranked, sum } from "../tokens.ts";

const rule: Rule = (tokens, options, world) => {
  const threshold = number(options, "xtc_threshold");
  const probability = number(options, "xtc_probability");
  const draws = options["xtc_outcome"] === "draw";
  if (probability === 0 || threshold > 0.5 || (draws && world.uniform("xtc") > probability)) return tokens;
  const set = options["xtc_spared_ids"] as { has(id: number): boolean } | undefined; // as its schema makes it
  const isSpared = (id: number) => set?.has(id) === true;
  const bound = logSumExp(tokens) + Math.log(threshold);
  for (const { score } of tokens) world.near(score - bound);
  const top = ranked(tokens)
    .filter(({ score }) => score >= bound)
    .filter(({ id }) => options["xtc_spared_rule"] !== "aside" || !isSpared(id));
  for (const [i, { score }] of top.entries()) world.near((top[i - 1] ?? { score }).score - score);
  const last = top.at(-1);
  if (last === undefined) return tokens;
  const first = top.filter(({ score }) => (options["xtc_ties"] === "keep" ? score > last.score : true));
  const before = new Set(first.filter(({ id }) => id !== last.id).map(({ id }) => id));
  if (options["xtc_spared_rule"] === "refuse" && [...before].some(isSpared)) return tokens;
  const excluded = new Set([...before].filter((id) => !isSpared(id)));
  if (draws || probability === 1) {
    const kept = tokens.filter(({ id }) => !excluded.has(id));
    return kept.length < number(options, "min_keep") ? tokens : kept;
  }
  const p = probabilitiesOf(tokens);
  const mass = sum(p.filter((_, i) => excluded.has(tokens[i]?.id as number))); // as many as tokens
  const of_excluded = 1 - probability;
  const of_others = 1 - probability + probability / (1 - mass);
  // Scores have no common scale, so the scores of the others stay unchanged.
  return tokens.map(({ id, score }) => ({
    id,
    score: excluded.has(id) ? score + Math.log(of_excluded / of_others) : score,
  }));
};

export const stages: Reference = {
  xtc: {
    rule,
    options: {
      xtc_probability: fc.oneof(stepsOf(0, 1), fc.constant(1)),
      xtc_threshold: stepsOf(0.01, 0.5),
      xtc_outcome: fc.constantFrom("draw", "average"),
      xtc_spared_ids: spared,
      xtc_spared_rule: fc.constantFrom("aside", "stay", "refuse"),
      xtc_ties: ties,
      min_keep,
    },
  },
};

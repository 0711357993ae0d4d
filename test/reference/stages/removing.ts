/** Stages that remove tokens. */
import fc from "fast-check";
import { flag, min_keep, stepsOf, ties } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import {
  atLeast,
  entropyOf,
  largest,
  logSumExp,
  number,
  type Options,
  prefix,
  prefixOfMass,
  probabilitiesOf,
  type Rule,
  ranked,
  sum,
  type Token,
  type World,
} from "../tokens.ts";

const minKeep = (options: Options) => number(options, "min_keep");

const top_k: Rule = (tokens, options, world) => {
  const k = number(options, "top_k");
  return k === 0 ? tokens : prefix(ranked(tokens), k, options["ties"] === "keep", world);
};

const top_p: Rule = (tokens, options, world) => {
  const p = number(options, "top_p");
  if (p === 1) return tokens;
  const order = ranked(tokens);
  if (options["top_p_crossing"] === "drop") return within(order, p, minKeep(options), world);
  const n = prefixOfMass(probabilitiesOf(order), p, options["top_p_inclusive"] === true, world);
  const kept = Math.max(n, Math.min(minKeep(options), order.length));
  if (options["top_p_ties"] === "highest") return prefix(highestFirst(tokens), kept, false, world);
  return prefix(order, kept, n >= minKeep(options) && options["top_p_ties"] === "keep", world);
};

/** By score, largest first; equal scores by higher id. */
const highestFirst = (tokens: readonly Token[]) =>
  [...tokens].sort((a, b) => b.score - a.score || b.id - a.id);

/** Groups of equal scores, while their mass with all groups before is at most p; always the first group. */
function within(order: readonly Token[], p: number, min_keep: number, world: World): readonly Token[] {
  const probabilities = probabilitiesOf(order);
  let n = 0;
  let held = 0;
  for (const [i, { score }] of order.entries()) {
    held += probabilities[i] as number;
    if (order[i + 1]?.score === score) continue; // the group goes on
    if (n > 0) world.near(held - p);
    if (n > 0 && held > p) break;
    n = i + 1;
  }
  return prefix(order, Math.max(n, min_keep), false, world);
}

const min_p: Rule = (tokens, options, world) => {
  const p = number(options, "min_p");
  return p === 0 ? tokens : atLeast(tokens, largest(tokens) + Math.log(p), minKeep(options), world);
};

const top_n_sigma: Rule = (tokens, options, world) => {
  const n = number(options, "top_n_sigma");
  if (n <= 0) return tokens;
  const mean = sum(tokens.map(({ score }) => score)) / tokens.length;
  const divisor = options["top_n_sigma_divisor"] === "n-1" ? Math.max(1, tokens.length - 1) : tokens.length;
  const variance = sum(tokens.map(({ score }) => (score - mean) ** 2)) / divisor;
  return atLeast(tokens, largest(tokens) - n * Math.sqrt(variance), minKeep(options), world);
};

const epsilon_cutoff: Rule = (tokens, options, world) => {
  const epsilon = number(options, "epsilon_cutoff");
  if (epsilon === 0) return tokens;
  const least = Math.min(logSumExp(tokens) + Math.log(epsilon), largest(tokens));
  return atLeast(tokens, least, minKeep(options), world);
};

const eta_cutoff: Rule = (tokens, options, world) => {
  const epsilon = number(options, "eta_cutoff");
  if (epsilon === 0) return tokens;
  const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropyOf(tokens)));
  return atLeast(tokens, logSumExp(tokens) + Math.log(eta), minKeep(options), world);
};

const p_less: Rule = (tokens, options, world) => {
  if (options["p_less"] === false) return tokens;
  const collision = sum(probabilitiesOf(tokens).map((p) => p * p));
  const v = world.vocab_size;
  const least = options["p_less_norm"] === true && v > 1 ? (v * collision - 1) / (v - 1) : collision;
  return atLeast(tokens, logSumExp(tokens) + Math.log(Math.max(0, least)), minKeep(options), world);
};

const typical_p: Rule = (tokens, options, world) => {
  const p = number(options, "typical_p");
  if (p === 1) return tokens;
  const entropy = entropyOf(tokens);
  const logsumexp = logSumExp(tokens);
  const oddity = ({ score }: Token) => Math.abs(logsumexp - score - entropy);
  const order = [...tokens].sort((a, b) => oddity(a) - oddity(b) || b.score - a.score || a.id - b.id);
  const probabilities = order.map(({ score }) => Math.exp(score - logsumexp));
  const n = prefixOfMass(probabilities, p, options["typical_p_inclusive"] === true, world);
  let end = Math.max(n, Math.min(minKeep(options), order.length));
  const last = oddity(order[end - 1] as Token); // at least one stays
  if (options["typical_p_ties"] === "keep")
    while (end < order.length && oddity(order[end] as Token) === last) end++;
  const next = order[end];
  if (next !== undefined) world.near(oddity(next) - last);
  return order.slice(0, end);
};

const top_h: Rule = (tokens, options, world) => {
  const looked_at = Math.max(number(options, "top_h_top_n"), minKeep(options));
  const best = prefix(ranked(tokens), looked_at, false, world);
  const parts = probabilitiesOf(best).map((p) => (p === 0 ? 0 : -p * Math.log(p)));
  const entropy = sum(parts);
  const bound = number(options, "top_h") * entropy;
  let n = 0;
  for (let held = 0; n < best.length; n++) {
    held += parts[n] as number; // n < length
    if (n > 0) world.near((held - bound) / entropy);
    if (n > 0 && held > bound) break;
  }
  return prefix(best, Math.max(n, minKeep(options)), false, world);
};

const tfs: Rule = (tokens, options, world) => {
  const z = number(options, "tfs");
  if (z === 1 || tokens.length < 3) return tokens;
  const order = ranked(tokens);
  const p = probabilitiesOf(order);
  const slopes = p.slice(1).map((next, i) => (p[i] as number) - next); // i < length − 1
  const bent = slopes.slice(1).map((next, i) => Math.abs((slopes[i] as number) - next));
  const is_straight = options["tfs_edge"] === "before" && sum(bent) <= 1e-6;
  if (options["tfs_edge"] === "before") world.near(sum(bent) - 1e-6);
  const bends = is_straight ? bent.map(() => 1 / bent.length) : bent;
  const total = sum(bends);
  let running = 0;
  const within = bends.findIndex((bend) => {
    running += bend;
    if (total > 0) world.near(running / total - z);
    return running > z * total;
  });
  const all_within = within < 0;
  const kept = all_within ? bends.length : within;
  const before = all_within ? order.length : Math.max(1, kept);
  return prefix(
    order,
    Math.max(options["tfs_edge"] === "centre" ? kept + 1 : before, minKeep(options)),
    false,
    world,
  );
};

/** The rules with random options, in the ranges in which people use them and somewhat beyond. */
export const stages: Reference = {
  top_k: { rule: top_k, options: { top_k: fc.integer({ min: 1, max: 80 }), ties } },
  top_p: {
    rule: top_p,
    options: {
      top_p: stepsOf(0, 1),
      top_p_inclusive: flag,
      top_p_ties: fc.constantFrom("cut", "keep", "highest"),
      top_p_crossing: fc.constantFrom("keep", "keep", "drop"),
      min_keep,
    },
  },
  min_p: { rule: min_p, options: { min_p: stepsOf(0, 0.4), min_keep } },
  top_n_sigma: {
    rule: top_n_sigma,
    options: { top_n_sigma: stepsOf(0, 3), top_n_sigma_divisor: fc.constantFrom("n", "n-1"), min_keep },
  },
  epsilon_cutoff: { rule: epsilon_cutoff, options: { epsilon_cutoff: stepsOf(0, 0.02), min_keep } },
  eta_cutoff: { rule: eta_cutoff, options: { eta_cutoff: stepsOf(0, 0.1), min_keep } },
  p_less: { rule: p_less, options: { p_less: flag, p_less_norm: flag, min_keep } },
  typical_p: {
    rule: typical_p,
    options: { typical_p: stepsOf(0, 1), typical_p_inclusive: flag, typical_p_ties: ties, min_keep },
  },
  top_h: {
    rule: top_h,
    options: { top_h: stepsOf(0.1, 1), top_h_top_n: fc.integer({ min: 1, max: 200 }), min_keep },
  },
  tfs: {
    rule: tfs,
    options: { tfs: stepsOf(0.5, 1), tfs_edge: fc.constantFrom("centre", "before"), min_keep },
  },
};

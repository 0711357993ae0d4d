/**
 * Excludes top choices: of the tokens from a score on, all except the last-ranked one are removed or made less likely.
 * The same code finds these tokens in a list and in a whole row.
 */
import { exp, ln } from "../../kernels/float64.ts";
import { cutFrom, EVERY_TIE } from "../../kernels/kernel.ts";
import type { TokenSet } from "../options/token-set.ts";
import type { Compact } from "./compact/compact.ts";
import type { Dense } from "./dense.ts";
import { logitNotBelow, type Ties } from "./thresholds.ts";

/**
 * aside: these tokens do not count as top choices; stay: they are top choices but are kept; refuse: nothing is excluded
 * when one of them is a top choice
 */
export type SparedRule = "aside" | "stay" | "refuse";

export interface Exclusion {
  /** a token is a top choice from this score on */
  readonly threshold: number;
  readonly spared: TokenSet | undefined;
  readonly spared_rule: SparedRule;
  /** keep: tokens with the score of the last top choice stay with it */
  readonly ties: Ties;
  /**
   * 1 removes the tokens. Below 1, both outcomes are averaged, and this is the probability of the exclusion
   */
  readonly share: number;
  /** number of all kept tokens */
  readonly logsumexp: number;
  /** a removal leaves at least this number of tokens */
  readonly min_keep: number;
}

/** Changes nothing when there are fewer than two top choices, or when a rule of the exclusion forbids it. */
export function excludeTop(compact: Compact, exclusion: Exclusion): void {
  const { token_ids, scores, count } = compact;
  const amount = survey(token_ids, scores, count, 1, count, exclusion);
  if (amount === 0) return;
  if (amount !== Number.NEGATIVE_INFINITY) {
    for (let i = 0; i < count; i++)
      if (isExcluded(token_ids[i]!, scores[i]!, exclusion)) scores[i] = scores[i]! + amount;
    compact.rescored();
    return;
  }
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (isExcluded(token_ids[i]!, scores[i]!, exclusion)) continue;
    token_ids[kept] = token_ids[i]!;
    scores[kept] = scores[i]!;
    kept++;
  }
  compact.truncate(kept);
}

/**
 * The same for a whole row in kernel memory. Returns false and does nothing when the top choices are too many to be
 * listed.
 */
export function excludeTopOfRow(dense: Dense, exclusion: Exclusion): boolean {
  const { kernel, temperature } = dense;
  const { selected_ids, selected_logits } = kernel;
  const floor = logitNotBelow(exclusion.threshold, temperature);
  const top = kernel.gather(dense.settle(), cutFrom(floor, EVERY_TIE));
  if (top < 0) return false;
  // The kernel has already compared, in float32.
  const listed = { ...exclusion, threshold: Number.NEGATIVE_INFINITY };
  const amount = survey(selected_ids, selected_logits, top, temperature, dense.count(), listed);
  if (amount === 0) return true;
  for (let i = 0; i < top; i++) {
    const score = selected_logits[i]! / temperature;
    if (isExcluded(selected_ids[i]!, score, listed)) dense.setScore(selected_ids[i]!, score + amount);
  }
  return true;
}

/** The last-ranked top choice of the latest survey: the smallest score, and of equals the highest id. */
let last_id = -1;
let least = 0;

/**
 * Finds the last top choice, and returns the amount to add to the scores of the excluded: −Infinity to remove them,
 * 0 for no change. Scores are values / temperature; `total` is the number of kept tokens.
 *
 * The average of both outcomes, with P the share and m the mass of the excluded: each excluded token keeps (1 − P)
 * of its probability, each other token gets 1 + P·m / (1 − m) of its own. The amount is ln of the ratio of the two.
 */
function survey(
  token_ids: Int32Array,
  values: ArrayLike<number>,
  count: number,
  temperature: number,
  total: number,
  exclusion: Exclusion,
): number {
  last_id = -1;
  least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const score = values[i]! / temperature;
    const id = token_ids[i]!;
    if (isTop(id, score, exclusion) && (score < least || (score === least && id > last_id))) {
      last_id = id;
      least = score;
    }
  }
  let excluded = 0;
  let mass = 0;
  for (let i = 0; i < count; i++) {
    const score = values[i]! / temperature;
    if (!isBeforeLast(token_ids[i]!, score, exclusion)) continue;
    if (exclusion.spared?.has(token_ids[i]!)) {
      if (exclusion.spared_rule === "refuse") return 0;
      continue;
    }
    excluded++;
    mass += exp(score - exclusion.logsumexp);
  }
  const { share } = exclusion;
  if (excluded === 0) return 0;
  if (share === 1) return total - excluded < exclusion.min_keep ? 0 : Number.NEGATIVE_INFINITY;
  // The last top choice is never excluded. When all others are excluded, rounding may leave no mass but its
  // own.
  const rest = Math.max(1 - mass, exp(least - exclusion.logsumexp));
  return ln(((1 - share) * rest) / (rest + share * mass));
}

function isTop(token_id: number, score: number, { threshold, spared, spared_rule }: Exclusion): boolean {
  return score >= threshold && !(spared_rule === "aside" && spared?.has(token_id));
}

/**
 * True when a token is a top choice that ranks before the last one, and with ties "keep" is likelier than it.
 */
function isBeforeLast(token_id: number, score: number, exclusion: Exclusion): boolean {
  if (!isTop(token_id, score, exclusion)) return false;
  return exclusion.ties === "keep" ? score > least : token_id !== last_id;
}

function isExcluded(token_id: number, score: number, exclusion: Exclusion): boolean {
  return isBeforeLast(token_id, score, exclusion) && !exclusion.spared?.has(token_id);
}

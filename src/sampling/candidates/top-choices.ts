/**
 * Excluding top choices: of the tokens above a score only the one that ranks last stays, or the others are made less
 * likely. Which tokens that are, for a list of them and for a whole row alike.
 */
import { exp, ln } from "../../kernels/float64.ts";
import { cutFrom, EVERY_TIE } from "../../kernels/kernel.ts";
import type { TokenSet } from "../options/token-set.ts";
import type { Compact } from "./compact/compact.ts";
import type { Dense } from "./dense.ts";
import { logitNotBelow, type Ties } from "./thresholds.ts";

/** aside: they are no top choices; stay: they are, and stay; refuse: nothing is excluded when one of them would be. */
export type SparedRule = "aside" | "stay" | "refuse";

export interface Exclusion {
  /** scores from here on are those of top choices */
  readonly threshold: number;
  readonly spared: TokenSet | undefined;
  readonly spared_rule: SparedRule;
  /** keep: what equals the last one stays with it */
  readonly ties: Ties;
  /** 1 removes; less averages both outcomes, of which this is the probability of the exclusion */
  readonly share: number;
  /** of all that is kept */
  readonly logsumexp: number;
  /** fewer than so many are never left by a removal */
  readonly min_keep: number;
}

/** Leaves everything as it is when there are fewer than two top choices, or when a rule of the exclusion is against it. */
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

/** The same for a whole row in kernel memory. False, and nothing done, when the top choices are too many to be listed. */
export function excludeTopOfRow(dense: Dense, exclusion: Exclusion): boolean {
  const { kernel, temperature } = dense;
  const { selected_ids, selected_logits } = kernel;
  const floor = logitNotBelow(exclusion.threshold, temperature);
  const top = kernel.gather(dense.settle(), cutFrom(floor, EVERY_TIE));
  if (top < 0) return false;
  // The kernel has compared already, in float32.
  const listed = { ...exclusion, threshold: Number.NEGATIVE_INFINITY };
  const amount = survey(selected_ids, selected_logits, top, temperature, dense.count(), listed);
  if (amount === 0) return true;
  for (let i = 0; i < top; i++) {
    const score = selected_logits[i]! / temperature;
    if (isExcluded(selected_ids[i]!, score, listed)) dense.setScore(selected_ids[i]!, score + amount);
  }
  return true;
}

/** The last of the top choices in rank, as the last survey has found it: the least score, the highest id among equals. */
let last_id = -1;
let least = 0;

/**
 * Finds the last top choice, and tells what is added to the scores of the excluded: −Infinity to remove them, 0 when
 * nothing is to be done. Scores are values / temperature; `total` tokens are kept altogether.
 *
 * The average of both outcomes, with P the share and m the mass of the excluded: they are left (1 − P) of their
 * probability, the others get 1 + P·m / (1 − m) of theirs, and the ratio of the two is what scores need.
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
  // The last one is never excluded: where all else is, rounding may leave no other mass than its own.
  const rest = Math.max(1 - mass, exp(least - exclusion.logsumexp));
  return ln(((1 - share) * rest) / (rest + share * mass));
}

function isTop(token_id: number, score: number, { threshold, spared, spared_rule }: Exclusion): boolean {
  return score >= threshold && !(spared_rule === "aside" && spared?.has(token_id));
}

/** Whether a token is a top choice that ranks before the last, and with ties "keep" is likelier than it. */
function isBeforeLast(token_id: number, score: number, exclusion: Exclusion): boolean {
  if (!isTop(token_id, score, exclusion)) return false;
  return exclusion.ties === "keep" ? score > least : token_id !== last_id;
}

function isExcluded(token_id: number, score: number, exclusion: Exclusion): boolean {
  return isBeforeLast(token_id, score, exclusion) && !exclusion.spared?.has(token_id);
}

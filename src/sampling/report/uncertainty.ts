/** Four measures of uncertainty of a distribution: of the unchanged row, and of the distribution after the chain. */
import { exp, ln } from "../../kernels/float64.ts";
import { SELECTION_MAX } from "../../kernels/kernel.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { Dense } from "../candidates/dense.ts";
import { notAboveZero } from "./token-logprob.ts";

/** Natural logarithms throughout. */
export interface Uncertainty {
  /** H = −Σ pᵢ ln pᵢ, from 0 to ln(count) */
  readonly entropy: number;
  /** Σ pᵢ (−ln pᵢ − H)²: 0 when all are equally likely, or one is certain */
  readonly varentropy: number;
  /** p of the most likely token minus p of the next; 1 when there is only one token */
  readonly margin: number;
  /**
   * −(1/k) Σ ln pᵢ over the k most likely tokens, or over all tokens when there are fewer. It is large when a few
   * tokens hold most of the probability. DeepConf's C (Fu et al., Deep Think with Confidence, 2025).
   */
  readonly confidence: number;
}

/** The questions that both sides of a step answer: the unchanged row, and the kept tokens. */
export interface UncertainSide {
  uncertainty(top_k: number): Uncertainty;
}

/** DeepConf asks hosts for the 20 most likely tokens. */
export const CONFIDENCE_TOP_K = 20;

/**
 * The four measures, from the entropy, its variance, and ln p of the most likely tokens: the best k, but at least two if there
 * are as many.
 */
export function uncertaintyFrom(
  { entropy, varentropy }: Pick<Uncertainty, "entropy" | "varentropy">,
  logprobs: ArrayLike<number>,
  top_k: number,
): Uncertainty {
  const count = Math.min(top_k, logprobs.length);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += notAboveZero(logprobs[i]!);
  const first = exp(notAboveZero(logprobs[0]!));
  const margin = logprobs.length === 1 ? 1 : first - exp(notAboveZero(logprobs[1]!));
  return { entropy, varentropy, margin, confidence: -sum / count + 0 };
}

/** The four measures of n equally likely tokens. */
export function uncertaintyOfEqual(n: number): Uncertainty {
  return { entropy: ln(n), varentropy: 0, margin: n === 1 ? 1 : 0, confidence: ln(n) };
}

/** The four measures of the kept tokens. Neither a list nor a row is reordered. */
export function uncertaintyOf(form: Compact | Dense, top_k: number): Uncertainty {
  return form instanceof Dense ? uncertaintyOfRow(form, top_k) : uncertaintyOfList(form, top_k);
}

const best_of_row = new Float64Array(SELECTION_MAX);

/** The four measures of the kept tokens of a whole row; entropy and varentropy are accurate to about 1e-6. */
function uncertaintyOfRow(dense: Dense, top_k: number): Uncertainty {
  const { kernel, temperature } = dense;
  const row = dense.settleBelowCeiling();
  const moments = kernel.distribution(row, temperature, dense.cut);
  const count = dense.bestScores(best_of_row.subarray(0, Math.max(top_k, 2)));
  for (let i = 0; i < count; i++) best_of_row[i] = moments.normaliser.logprobOf(best_of_row[i]!);
  return uncertaintyFrom(moments, best_of_row.subarray(0, count), top_k);
}

/** The four measures of a list of scores, in float64. The list is not reordered. */
export function uncertaintyOfList(compact: Compact, top_k: number): Uncertainty {
  const { scores, count } = compact;
  const normaliser = compact.normaliser();
  let entropy = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const surprise = -normaliser.logprobOf(scores[i]!);
    const p = exp(-surprise);
    entropy += p * surprise;
    squares += p * surprise * surprise;
  }
  const best = bestOf(scores, count, Math.max(top_k, 2));
  for (let i = 0; i < best.length; i++) best[i] = normaliser.logprobOf(best[i]!);
  const varentropy = Math.max(squares - entropy * entropy, 0);
  return uncertaintyFrom({ entropy: Math.max(entropy, 0), varentropy }, best, top_k);
}

/** Up to this number of largest scores are found by insertion; more are found by sorting a copy. */
const SELECTED_MAX = 64;

/** The k largest of a list, descending; all of them when they are fewer. */
function bestOf(scores: Float64Array, count: number, k: number): Float64Array {
  if (k > SELECTED_MAX || count <= k) return scores.slice(0, count).sort().reverse().subarray(0, k);
  const best = new Float64Array(k).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < count; i++) {
    const score = scores[i]!;
    if (score <= best[k - 1]!) continue;
    let place = k - 1;
    while (place > 0 && best[place - 1]! < score) {
      best[place] = best[place - 1]!;
      place--;
    }
    best[place] = score;
  }
  return best;
}

/** The token that replaces a rejected draft: drawn from the residual distribution norm(max(c·p − q, 0)). */
import { exp, ln } from "../../kernels/float64.ts";
import type { Noise } from "../../kernels/kernel.ts";
import type { Candidates } from "../candidates/candidates.ts";
import type { Compact } from "../candidates/compact/compact.ts";
import { drawPlace } from "../candidates/compact/cumulative.ts";
import type { StepContext } from "../context.ts";
import type { TargetMark } from "../draws.ts";
import type { DraftLaw } from "./draft-law.ts";

/** p of one token after the chain; 0 when it was removed. */
export function probabilityOf(candidates: Candidates, token_id: number): number {
  return exp(candidates.logprob(token_id));
}

/** Σ max(share·p − q, 0). */
export function residualMass(candidates: Candidates, law: DraftLaw, share: number): number {
  // For a token that was drafted with certainty, the residual is 0; for all others it is p.
  if (law.certain_id !== undefined) return share * (1 - probabilityOf(candidates, law.certain_id));
  const kept = candidates.all();
  return excess(kept, kept.probabilities(), law, share);
}

const UNMARKED: TargetMark = () => undefined;

/** Number of draws that are tried before all tokens are weighed. */
const TRIALS_MAX = 32;

/**
 * A token of norm(max(share·p − q, 0)). In a whole row, a draw of p that is accepted with max(1 − q/(share·p), 0) costs
 * a tenth of weighing every token. Few draws are needed, because a row with a small residual seldom comes here.
 */
export function drawResidual(
  candidates: Candidates,
  law: DraftLaw,
  share: number,
  context: StepContext,
  mark: TargetMark = UNMARKED,
): number {
  const noise = mark();
  if (noise !== undefined) return noisiestResidual(candidates, law, share, noise);
  for (let trial = 0; trial < TRIALS_MAX && candidates.draws_apart; trial++) {
    const token_id = candidates.draw(() => context.uniform("residual", 2 * trial + 1));
    const left = 1 - law.probability(token_id) / (share * probabilityOf(candidates, token_id));
    if (context.uniform("residual", 2 * trial + 2) < left) return token_id;
  }
  return weighResidual(candidates, law, share, context.uniform("residual"));
}

/** The token with the largest ln(max(share·p − q, 0)) + Gumbel noise; of p itself when rounding leaves no residual. */
function noisiestResidual(candidates: Candidates, law: DraftLaw, share: number, noise: Noise): number {
  const kept = candidates.all().orderById();
  const weights = kept.probabilities().slice(0, kept.count);
  if (excess(kept, weights, law, share) === 0) return candidates.noisiest(noise);
  return noisiestOf(kept, weights, noise);
}

/** The kept token, in id order, with the largest ln w + Gumbel noise. */
export function noisiestOf(kept: Compact, weights: Float64Array, noise: Noise): number {
  const uniforms = kept.uniforms(noise);
  let best = Number.NEGATIVE_INFINITY;
  let token_id = -1;
  for (let i = 0; i < kept.count; i++) {
    if (weights[i] === 0) continue;
    const total = ln(weights[i]!) - ln(-ln(uniforms[i]!));
    if (total <= best) continue;
    best = total;
    token_id = kept.token_ids[i]!;
  }
  return token_id;
}

/** A token of the kept ones, marked when the step has a watermark. */
export function drawMarkable(candidates: Candidates, context: StepContext, mark: TargetMark): number {
  const noise = mark();
  return noise === undefined ? candidates.draw(() => context.uniform("token")) : candidates.noisiest(noise);
}

/** The token at u of max(share·p − q, 0), in token-id order; of p itself when rounding leaves no residual. */
function weighResidual(candidates: Candidates, law: DraftLaw, share: number, u: number): number {
  const kept = candidates.all().orderById();
  const weights = kept.probabilities();
  const mass = excess(kept, weights, law, share);
  if (mass === 0) return candidates.draw(() => u);
  return kept.token_ids[drawPlace(weights, kept.count, mass, u)]!;
}

/** wᵢ ← max(share·wᵢ − qᵢ, 0), where the weights are p; returns the sum. */
function excess({ token_ids, count }: Compact, weights: Float64Array, law: DraftLaw, share: number): number {
  const drafted = law.probabilities?.(token_ids, count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const q = drafted === undefined ? law.probability(token_ids[i]!) : drafted[i]!;
    const weight = Math.max(share * weights[i]! - q, 0);
    weights[i] = weight;
    sum += weight;
  }
  return sum;
}

/**
 * The second differences of tail-free sampling in a whole row in kernel memory. In a peaked row the best tokens decide,
 * because the others add less than any limit can tell. Otherwise all tokens are ranked in place.
 */
import { exp } from "../../kernels/float64.ts";
import { cutFrom, EVERY_TIE } from "../../kernels/kernel.ts";
import type { Dense } from "./dense.ts";
import { SLACK } from "./thresholds.ts";

/** The place where the second differences of the ranked probabilities reach a share of their sum. */
export interface Bends {
  /** how many second differences, from the first on, add up to at most the share */
  readonly count: number;
  /** the share of the sum that they hold, and the share with the next one */
  readonly kept_at: number;
  readonly removed_at: number;
}

/**
 * Only tokens within this many nats of the best are used. The second differences of the others add at most 2·e⁻¹⁶ of the best
 * token's weight.
 */
const NEAR_NATS = 16;

/**
 * Undefined when the row cannot tell: it is cut or too straight, or all second differences are within the
 * share z.
 */
export function bendsOfRow(dense: Dense, z: number, straight: number): Bends | undefined {
  if (dense.isCut) return undefined;
  return bendsOfBest(dense, z, straight) ?? bendsOfAll(dense, z, straight);
}

/** Uses the tokens near the best one, when they decide for any values of the others. */
function bendsOfBest(dense: Dense, z: number, straight: number): Bends | undefined {
  const { kernel, temperature } = dense;
  const row = dense.settle();
  const near = kernel.gather(row, cutFrom(row.max - NEAR_NATS * temperature, EVERY_TIE));
  if (near < 3) return undefined;
  const count = kernel.topK(row, near);
  const weights = new Float64Array(count);
  let mass = 0;
  for (let i = 0; i < count; i++) {
    weights[i] = exp((kernel.selected_logits[i]! - row.max) / temperature);
    mass += weights[i]!;
  }
  const bends = count - 2;
  let sum = 0;
  for (let i = 0; i < bends; i++) sum += bendAt(weights, i);
  // Σ |a − b| ≤ Σ a + Σ b: the gaps after a weight add up to at most that weight.
  const last = weights[bends]!;
  const most = sum + 2 * last;
  if (sum <= straight * (mass + row.length * last)) return undefined;
  const crossing = crossingOf(weights, bends, z, sum);
  return crossing?.count === crossingOf(weights, bends, z, most)?.count ? crossing : undefined;
}

function bendsOfAll(dense: Dense, z: number, straight: number): Bends | undefined {
  const { kernel, temperature } = dense;
  const row = dense.settle();
  const ranked = kernel.rankedWeights(row, temperature);
  if (ranked === undefined) return undefined;
  const { weights, mass, bend } = ranked;
  return bend <= straight * mass ? undefined : crossingOf(weights, weights.length - 2, z, bend);
}

/**
 * The place where the running sum of the second differences exceeds z of `sum`; undefined when it does not.
 */
function crossingOf(weights: Float64Array, bends: number, z: number, sum: number): Bends | undefined {
  const limit = (z + SLACK) * sum;
  let running = 0;
  for (let i = 0; i < bends; i++) {
    const before = running;
    running += bendAt(weights, i);
    if (running > limit) return { count: i, kept_at: before / sum, removed_at: running / sum };
  }
  return undefined;
}

export function bendAt(p: Float64Array, i: number): number {
  return Math.abs(p[i]! - 2 * p[i + 1]! + p[i + 2]!);
}

/**
 * The equilibrium of evenness and mass in a whole row in kernel memory. The row is weighed in bins; only the bins in which
 * the equilibrium may lie are ranked.
 */
import { exp, ln } from "../../kernels/float64.ts";
import { cutFrom, LAST_BIN, type RowBins } from "../../kernels/kernel.ts";
import type { Dense } from "./dense.ts";
import { EQUILIBRIUM_SLACK, isPastEquilibrium } from "./equilibrium.ts";
import type { Prefix } from "./prefix.ts";

/** Tokens this many nats below the best do not change a float64 sum. */
const REACH_NATS = 40;
/** Maximum number of tokens of bins that are ranked together. */
const RANKED_TOGETHER = 256;
/** The number of times that bins are ranked; after that, the row is ranked as a list. */
const LOOKS_MAX = 32;
/** Maximum difference between the sums of bins and those of single tokens. */
const ROUNDING = 1e-9;
/**
 * The equilibrium is first sought among this number of best tokens, and accepted unless the decision is closer than
 * UNDECIDED.
 */
const BEST = 64;
const UNDECIDED = 1e-5;

/** Σ w and Σ w·ln w over the first `count` tokens of the ranking, the largest w being 1. */
interface Sums {
  count: number;
  mass: number;
  moment: number;
}

/**
 * The number of tokens before evenness falls below mass; undefined when it must be computed from a list, as for a row
 * that is already cut.
 */
export function equilibriumOfRow(dense: Dense): Prefix | undefined {
  if (dense.isCut) return undefined;
  const { kernel, temperature } = dense;
  const { bins } = kernel;
  const row = dense.settle();
  const early = equilibriumOfBest(dense);
  if (early !== undefined) return early;
  const range = Math.min(row.max - dense.min() * temperature, REACH_NATS * temperature);
  if (!bins.weigh(row, temperature, Math.max(range, Number.MIN_VALUE))) return undefined;
  const total = totalOf(bins);
  const sums: Sums = { count: 0, mass: 0, moment: 0 };
  const ln_most = ln(Math.max(2, dense.count()));
  /** upper bound: from here on the evenness is below this */
  let least = 0;
  let looks = 0;
  for (let bin = 0; bin < LAST_BIN; bin++) {
    if (bins.counts[bin] === 0) continue;
    // Adding the next token of a ranking never lowers the entropy, so most bins need no logarithm.
    if ((sums.mass + bins.sums[2 * bin]!) / total < least) {
      addBin(bins, bin, sums, temperature);
      continue;
    }
    if (!mayHoldEquilibrium(bins, bin, sums, total, temperature)) {
      if (sums.count > 0) least = entropyOf(sums) / ln_most;
      addBin(bins, bin, sums, temperature);
      continue;
    }
    const last = lastTogether(bins, bin);
    const found = looks++ < LOOKS_MAX ? bins.select(bin, last) : -1;
    if (found < 0) return undefined;
    const place = equilibriumWithin(bins, found, sums, total, { max: row.max, temperature });
    if (place >= 0)
      return {
        cut: cutFrom(bins.selected_values[place]!, bins.selected_ids[place]! - 1),
        count: sums.count - 1,
      };
    bin = last;
  }
  // The tokens of the last bin are not known precisely enough.
  return sums.count === dense.count() ? { cut: dense.cut, count: sums.count } : undefined;
}

/**
 * The same from the best tokens only, when the margin is larger than any error of the other tokens' float32 weights.
 */
function equilibriumOfBest(dense: Dense): Prefix | undefined {
  const { kernel, temperature } = dense;
  const row = dense.settle();
  const total = exp(kernel.logMass(row, temperature));
  const best = kernel.topK(row, BEST);
  const sums: Sums = { count: 0, mass: 0, moment: 0 };
  for (let place = 0; place < best; place++) {
    addToken(sums, (kernel.selected_logits[place]! - row.max) / temperature);
    if (place === 0) continue;
    const spare = entropyOf(sums) / ln(sums.count) - sums.mass / total;
    if (Math.abs(spare) < UNDECIDED) return undefined;
    if (spare < 0) {
      const cut = cutFrom(kernel.selected_logits[place - 1]!, kernel.selected_ids[place - 1]!);
      return { cut, count: place };
    }
  }
  return undefined;
}

function addToken(sums: Sums, distance: number): void {
  const weight = exp(distance);
  sums.count++;
  sums.mass += weight;
  sums.moment += weight * distance;
}

function totalOf({ sums }: RowBins): number {
  let total = 0;
  for (let bin = 0; bin <= LAST_BIN; bin++) total += sums[2 * bin]!;
  return total;
}

/**
 * Bounds for the tokens within a bin. Adding the next ranked token never lowers the entropy. So the evenness is at
 * least the entropy before the bin divided by ln of the count after it, and the mass is at most the mass after it.
 */
function mayHoldEquilibrium(
  { counts, sums }: RowBins,
  bin: number,
  before: Sums,
  total: number,
  temperature: number,
): boolean {
  const count = before.count + counts[bin]!;
  if (count === 1) return false;
  const entropy = before.count === 0 ? 0 : entropyOf(before);
  const mass = (before.mass + sums[2 * bin]!) / total;
  return entropy / ln(count) < mass - EQUILIBRIUM_SLACK + ROUNDING * (1 + 1 / temperature);
}

/** With w = p·Z the entropy of p / P is ln Σ w − Σ w·ln w / Σ w. */
function entropyOf({ mass, moment }: Sums): number {
  return ln(mass) - moment / mass;
}

function addBin({ counts, sums }: RowBins, bin: number, before: Sums, temperature: number): void {
  before.count += counts[bin]!;
  before.mass += sums[2 * bin]!;
  before.moment += sums[2 * bin + 1]! / temperature;
}

/** Index of the last bin, from this one on, that is ranked together with it. */
function lastTogether({ counts }: RowBins, first: number): number {
  let count = counts[first]!;
  let last = first;
  while (last + 1 < LAST_BIN && count + counts[last + 1]! <= RANKED_TOGETHER) count += counts[++last]!;
  return last;
}

/**
 * Index of the first selected token past the equilibrium, −1 when there is none; adds the tokens before it to the sums.
 */
function equilibriumWithin(
  { selected_values }: RowBins,
  found: number,
  sums: Sums,
  total: number,
  { max, temperature }: { readonly max: number; readonly temperature: number },
): number {
  for (let place = 0; place < found; place++) {
    addToken(sums, (selected_values[place]! - max) / temperature);
    if (!isPastEquilibrium(entropyOf(sums), sums.mass / total, sums.count)) continue;
    return place;
  }
  return -1;
}

/**
 * The flat way of top-p: the sample says between which two values the cut must lie; one pass weighs the row and
 * lists what lies between them; of that, a histogram leaves a few tens to sort.
 */

import type { Machine } from "../instance.ts";
import { CANDIDATES_MAX, SAMPLE_BINS } from "../layout.ts";
import { type BlockSums, prepareWeights } from "../mass.ts";
import type { Row } from "../row.ts";
import { type Cut, cutAfterSelected, cutFrom, EVERY_TIE, setWindow } from "../selection/cut.ts";
import { SAMPLE_STEP, type Sample } from "../selection/estimate.ts";

/** One question: the prefix of row at T in which the mass before each token is < share, or ≤ share when inclusive. */
export interface Question {
  readonly row: Row;
  readonly temperature: number;
  readonly share: number;
  readonly inclusive: boolean;
}

/** The answer; `mass` is the share of the row's mass that is kept, undefined when only bounds were needed. */
export interface Answer {
  readonly cut: Cut;
  readonly mass: number | undefined;
  /** true when `sums` already hold the survivors' block sums */
  readonly summed: boolean;
}

/** Standard deviations of the sampled mass that the bracket spans to either side. */
const DEVIATIONS = 3.5;
const FLOAT_MAX = 3.4028234663852886e38;

/** undefined when the cut is not in the bracket after all, or when too many tokens share a bin. */
export function bracketedCut(
  machine: Machine,
  sums: BlockSums,
  question: Question,
  head_mass: number,
  sample: Sample,
): Answer | undefined {
  const { row, temperature, share, inclusive } = question;
  const { wasm } = machine;
  const { low, high } = bracketAround(share, head_mass, sample);
  const all = cutFrom(-Infinity, EVERY_TIE);
  sums.relativeTo(row.max, prepareWeights(machine, row, temperature, all));
  const total = wasm.bracket(row.address, row.blocks, low, high, sums.address);
  const above = machine.results[0]!;
  machine.kept.describe(row, temperature, machine.kept.of(row, temperature));
  const limit = share * total;
  if (reaches(above, limit, inclusive)) return undefined;

  const size = wasm.fillBracket(row.address, row.blocks);
  const top = Math.min(high, row.max);
  const bottom = Math.max(low, sample.limit - SAMPLE_BINS / sample.scale);
  const scale = (SAMPLE_BINS - 1) / Math.max(top - bottom, 1e-30);
  wasm.binBracket(size, top, scale, true);
  const { bins } = machine;
  let mass = above;
  let bin = 0;
  while (bin < SAMPLE_BINS && !reaches(mass + bins[bin]!, limit, inclusive)) mass += bins[bin++]!;
  if (bin === SAMPLE_BINS) return undefined;
  const length = wasm.collectBin(size, bin, CANDIDATES_MAX);
  if (length <= 0) return undefined;
  return cutInBin(machine, sums, question, length, mass, limit, total);
}

/** A token stays while the mass before it has not reached the limit. */
function reaches(before: number, limit: number, inclusive: boolean): boolean {
  return inclusive ? before > limit : before >= limit;
}

/** Sorts the bin that the limit falls into and cuts at the token. */
function cutInBin(
  machine: Machine,
  sums: BlockSums,
  question: Question,
  length: number,
  before: number,
  limit: number,
  total: number,
): Answer {
  const { wasm, selected_weights: weights } = machine;
  const { row, temperature, inclusive } = question;
  wasm.sortSelection(length, length);
  wasm.weighSelection(length);
  let mass = before;
  let last = 0;
  for (let i = 0; i < length && !reaches(mass, limit, inclusive); i++) {
    mass += weights[i]!;
    last = i;
  }
  const cut = cutAfterSelected(machine, last);
  setWindow(machine, cut);
  const kept = wasm.addBracket(row.address, row.blocks, sums.address);
  sums.describe(row, temperature, cut, kept, -1);
  return { cut, mass: Math.min(mass / total, 1), summed: true };
}

/**
 * low ≤ x < high around the sampled place where the mass reaches the share. The sampled mass above x less share
 * times all of it has the variance Σ (1 − share)²·w² above x and share²·w² below.
 */
function bracketAround(share: number, head_mass: number, sample: Sample): { low: number; high: number } {
  const target = share * (head_mass + sample.mass);
  const deviation = deviationAt(share, target - head_mass, sample);
  const counts = sample.counts;
  let high = Infinity;
  let mass = head_mass;
  let weight = sample.unit;
  for (let bin = 0; bin < SAMPLE_BINS; bin++) {
    if (mass < target - deviation) high = sample.limit - (bin - 1.5) / sample.scale;
    mass += counts[bin]! * weight;
    weight *= SAMPLE_STEP;
    if (mass > target + deviation) {
      return { low: Math.max(sample.limit - (bin + 1.5) / sample.scale, -FLOAT_MAX), high };
    }
  }
  return { low: -FLOAT_MAX, high };
}

function deviationAt(share: number, wanted: number, sample: Sample): number {
  let mass = 0;
  let weight = sample.unit;
  let variance = 0;
  for (let bin = 0; bin < SAMPLE_BINS; bin++) {
    const part = mass < wanted ? 1 - share : share;
    const count = sample.counts[bin]!;
    variance += count * weight * weight * part * part;
    mass += count * weight;
    weight *= SAMPLE_STEP;
  }
  return DEVIATIONS * Math.sqrt(variance);
}

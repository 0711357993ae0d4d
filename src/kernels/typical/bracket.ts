/**
 * The distance from a center at which the mass reaches a limit, found as top-p finds its cut: a sample brackets it,
 * one pass weighs what is closer and lists the bracket, a histogram leaves a few tokens to sort. The largest logits,
 * which a sample would miss, are counted exactly.
 */

import type { Machine } from "../instance.ts";
import { CANDIDATES_MAX, SAMPLE_BINS } from "../layout.ts";
import type { Row } from "../row.ts";
import { EVERY_TIE, gather } from "../selection/cut.ts";
import { vectorsPerBlock } from "../selection/estimate.ts";
import type { Crossing } from "../selection/radix.ts";

/** Where distances are measured from, in two f32 parts. */
export interface Center {
  readonly high: number;
  readonly low: number;
}

/** A crossing all of whose tokens are known: the bracket is listed, and nearer tokens are summed by block. */
export interface ListedCrossing extends Crossing {
  /** how many tokens are at the crossing's distance */
  readonly listed: number;
  /** how many are nearer than the bracket */
  readonly nearer: number;
}

const HEAD_BLOCKS = 64;
const HEAD_MAX = 1024;
const VECTORS_PER_BLOCK = 32;
/** Depth of the sampled histogram, in units of T. */
const REACH = 24;

/** Tokens at the distance of the last crossing that was found, in id order. */
const listed_logits = new Float32Array(CANDIDATES_MAX);
const listed_ids = new Int32Array(CANDIDATES_MAX);

/** Where the mass is wanted to reach `limit`, of `total`. */
export interface Wanted {
  readonly row: Row;
  readonly temperature: number;
  readonly center: Center;
  readonly limit: number;
  readonly total: number;
}

/**
 * The measure must be set to the center, and the weights of the row be kept and prepared. undefined when no bracket
 * holds the crossing, when too many tokens crowd there, or when T is extreme. Leaves sums by block of what is nearer
 * than the bracket at `sums_address`.
 */
export function nearCrossing(
  machine: Machine,
  sums_address: number,
  wanted: Wanted,
): ListedCrossing | undefined {
  if (machine.wasm.weightsArePlain() === 0) return undefined;
  // A narrow bracket holds it 99 times of 100.
  return (
    crossingWithin(machine, sums_address, wanted, 2.5) ?? crossingWithin(machine, sums_address, wanted, 6)
  );
}

function crossingWithin(
  machine: Machine,
  sums_address: number,
  wanted: Wanted,
  deviations: number,
): ListedCrossing | undefined {
  const { wasm } = machine;
  const { row, temperature, center, limit } = wanted;
  const reach = Math.max(row.max - center.high, REACH * temperature);
  const { low, high } = edgesAround(machine, wanted, reach, deviations);
  let mass = wasm.bracketAround(row.address, row.blocks, -high, -low, sums_address);
  const nearer = machine.results[0]!;
  const size = wasm.fillBracket(row.address, row.blocks);
  if (mass >= limit || size === 0) return undefined;
  const top = Math.min(high, 0);
  const scale = (SAMPLE_BINS - 1) / Math.max(top - Math.max(low, -reach), 1e-30);
  wasm.binBracket(size, top, scale, true);
  const { bins } = machine;
  let bin = 0;
  while (bin < SAMPLE_BINS && mass + bins[bin]! < limit) mass += bins[bin++]!;
  if (bin === SAMPLE_BINS) return undefined;
  const length = wasm.collectBin(size, bin, CANDIDATES_MAX);
  return length > 0 ? { ...crossingInBin(machine, wanted, length, mass), nearer } : undefined;
}

function distanceOf(center: Center, x: number): number {
  return Math.abs(Math.fround(Math.fround(x - center.high) - center.low));
}

/** Sorts the collected tokens by distance and goes along until the limit is reached. */
function crossingInBin(
  machine: Machine,
  { row, center, limit }: Wanted,
  length: number,
  before: number,
): Omit<ListedCrossing, "nearer"> {
  const { wasm, selected_logits: logits, selected_ids: ids, selected_weights: weights } = machine;
  for (let i = 0; i < length; i++) logits[i] = -distanceOf(center, logits[i]!);
  wasm.sortSelection(length, length);
  for (let i = 0; i < length; i++) logits[i] = row.values[ids[i]!]!;
  wasm.weighSelection(length);
  let above = before;
  let value = 0;
  let equal = 0;
  let listed = 0;
  for (let i = 0; i < length; ) {
    value = -distanceOf(center, logits[i]!);
    equal = 0;
    listed = 0;
    for (; i < length && -distanceOf(center, logits[i]!) === value; i++) {
      equal += weights[i]!;
      listed_ids[listed] = ids[i]!;
      listed_logits[listed++] = logits[i]!;
    }
    if (above + equal >= limit) break;
    if (i < length) above += equal;
  }
  return { value, above, equal, listed };
}

/** low ≤ measure < high between which the crossing lies, as far as head and sample tell. */
function edgesAround(
  machine: Machine,
  { row, center, limit, total }: Wanted,
  reach: number,
  deviations: number,
): { low: number; high: number } {
  const { wasm, bins, selected_logits: logits, selected_weights: weights } = machine;
  const scale = (SAMPLE_BINS - 1) / reach;
  const head = gatherHead(machine, row);
  const vectors = vectorsPerBlock(row);
  const size = wasm.copySample(row.address, row.blocks, vectors, head.limit);
  const squares = wasm.binBracket(size, 0, scale, true);
  const stride = VECTORS_PER_BLOCK / vectors;
  // For a share s of the mass, as the sample estimates it, in units of the sample's own deviation.
  const share = limit / total;
  const part = Math.sqrt(share * (1 - share)) + 0.02;
  const deviation = vectors < VECTORS_PER_BLOCK ? deviations * stride * Math.sqrt(squares) * part : 0;

  let rest = total;
  let sampled = 0;
  for (let bin = 0; bin < SAMPLE_BINS; bin++) sampled += bins[bin]!;
  for (let i = 0; i < head.length; i++) rest -= weights[i]!;
  // The sample represents the part of the known mass that the head leaves.
  const factor = sampled > 0 ? Math.max(rest, 0) / sampled : 0;
  for (let bin = 0; bin < SAMPLE_BINS; bin++) bins[bin] = bins[bin]! * factor;
  for (let i = 0; i < head.length; i++) {
    const bin = Math.min(Math.round(distanceOf(center, logits[i]!) * scale), SAMPLE_BINS - 1);
    bins[bin] = bins[bin]! + weights[i]!;
  }
  return edges(bins, scale, limit, deviation + total * 1e-6);
}

/** Steps outwards until the mass is surely short of the limit, and until it surely is not. */
function edges(
  bins: Float64Array,
  scale: number,
  limit: number,
  doubt: number,
): { low: number; high: number } {
  let high = Infinity;
  let mass = 0;
  for (let bin = 0; bin < SAMPLE_BINS - 1; bin++) {
    if (mass < limit - doubt) high = -(bin - 1.5) / scale;
    mass += bins[bin]!;
    if (mass > limit + doubt) return { low: -(bin + 1.5) / scale, high: high >= 0 ? Infinity : high };
  }
  return { low: -3.4028234663852886e38, high: high >= 0 ? Infinity : high };
}

/** The largest logits and their weights; none, and a limit above all, when there would be too many. */
function gatherHead(machine: Machine, row: Row): { limit: number; length: number } {
  const { wasm } = machine;
  const rank = Math.min(HEAD_BLOCKS, Math.max(1, row.blocks >> 1));
  const limit = wasm.blockThreshold(row.maxima_address, row.blocks, rank, row.max);
  wasm.setWindow(limit, EVERY_TIE, Infinity, EVERY_TIE);
  const length = gather(machine, row, HEAD_MAX);
  if (length < 0) return { limit: wasm.nextUp(row.max), length: 0 };
  wasm.weighSelection(length);
  return { limit, length };
}

/** Selects the tokens from `low` to `high` among those at the last crossing, `listed` of them; returns how many. */
export function selectListed(machine: Machine, listed: number, low: number, high: number): number {
  const { selected_logits: logits, selected_ids: ids } = machine;
  let length = 0;
  for (let i = 0; i < listed; i++) {
    const logit = listed_logits[i]!;
    if (logit < low || logit > high) continue;
    ids[length] = listed_ids[i]!;
    logits[length++] = logit;
  }
  return length;
}

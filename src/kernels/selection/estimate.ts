/**
 * An estimate of the distribution of the mass below a value, from a few vectors of every block. It only chooses
 * the method and the width of the bracket, so it never changes a result.
 */
import { exp } from "../float64.ts";
import type { Machine } from "../instance.ts";
import { BLOCK, SAMPLE_BINS } from "../layout.ts";
import type { Row } from "../row.ts";

/** Minimum number of sampled values, if the row has as many. */
const SAMPLE_SIZE = 8000;
/** Depth of the histogram below its limit, in units of T: e^−24 is negligible. */
const REACH = 24;
const STEP = exp(-REACH / SAMPLE_BINS);
const VECTORS_PER_BLOCK = BLOCK / 4;

export interface Sample {
  /** the histogram begins below this value */
  readonly limit: number;
  /** bins per unit of x */
  readonly scale: number;
  /** estimated Σ exp((x − max)/T) over x < limit */
  readonly mass: number;
  /** mass of one sampled value in bin 0; each bin weighs `SAMPLE_STEP` times the one above */
  readonly unit: number;
  /** number of row values that one sampled value represents */
  readonly stride: number;
  readonly counts: Int32Array;
}

export const SAMPLE_STEP = STEP;

export function sampleBelow(machine: Machine, row: Row, temperature: number, limit: number): Sample {
  const vectors = vectorsPerBlock(row);
  const stride = VECTORS_PER_BLOCK / vectors;
  const scale = SAMPLE_BINS / (REACH * temperature);
  machine.wasm.sample(row.address, row.blocks, vectors, limit, scale);
  const { counts } = machine;
  const unit = stride * exp((limit - row.max) / temperature);
  let mass = 0;
  let weight = unit;
  for (let bin = 0; bin < SAMPLE_BINS; bin++) {
    mass += counts[bin]! * weight;
    weight *= STEP;
  }
  return { limit, scale, mass, unit, stride, counts };
}

/** How many of the 32 vectors of a block are read: a power of two. */
export function vectorsPerBlock(row: Row): number {
  let vectors = 2;
  while (vectors < VECTORS_PER_BLOCK && vectors * 4 * row.blocks < SAMPLE_SIZE) vectors *= 2;
  return vectors;
}

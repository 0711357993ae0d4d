/**
 * Draws among the survivors of a cut with weights changed by a watermark. The weights of the row are kept by its
 * normaliser. The changed weights, and the sums by block, lie in the scratch area of brackets.
 */
import type { Machine } from "./instance.ts";
import { BLOCK } from "./layout.ts";
import { coarseUniform, configureNoise, type Noise } from "./philox.ts";
import type { Row } from "./row.ts";
import { type Cut, setWindow } from "./selection/cut.ts";

/** Which tokens are green, and the factor of their weights. */
interface GreenRule {
  /** coarse */
  readonly noise: Noise;
  /** a token is green whose u is below */
  readonly gamma: number;
  /** at most GAIN_MAX */
  readonly gain: number;
}

/** Above this gain, too few weights would fit in float32's range: e³². */
export const GAIN_MAX = 7.8e13;

/** The layers of a tournament: bit l of a token's word is its value in layer l, and the bits above are 0. */
export interface LayersRule {
  /** 1 to 32 */
  readonly layers: number;
  /** ids that agree modulo this power of 2 have the same bits */
  readonly period: number;
  /** Writes the words of the tokens from id 0 on. */
  writeBits(bits: Int32Array): void;
}

export type MarkRule = GreenRule | LayersRule;

/**
 * The token at u of the distribution that a watermark makes of the survivors; −1 when there are none. The weights of the row must
 * be kept.
 */
export function drawMarked(machine: Machine, row: Row, cut: Cut, rule: MarkRule, u: number): number {
  const { bracket_weights: weights, bracket_values: sums } = machine.layout;
  const total = "noise" in rule ? tiltGreen(machine, row, cut, rule) : tiltByLayers(machine, row, cut, rule);
  return machine.wasm.drawTilted(weights, row.blocks, sums, total, u);
}

/** The upper 24 bits of a word from which on u is not below gamma. */
function limitOf(gamma: number): number {
  let low = 0;
  let high = 1 << 24;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (coarseUniform(middle * 256) < gamma) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Multiplies the weights of green tokens; returns the sum of all weights. */
function tiltGreen(machine: Machine, row: Row, cut: Cut, { noise, gamma, gain }: GreenRule): number {
  const { wasm, layout } = machine;
  const { address, maxima_address, blocks } = row;
  const { bracket_weights: weights, bracket_values: sums } = layout;
  configureNoise(machine, noise);
  setWindow(machine, cut);
  return wasm.tiltGreen(address, maxima_address, blocks, limitOf(gamma), gain, weights, sums);
}

/** Applies a tournament to the weights; returns their sum. */
function tiltByLayers(
  machine: Machine,
  row: Row,
  cut: Cut,
  { layers, period, writeBits }: LayersRule,
): number {
  const { wasm, layout, buffer } = machine;
  const { address, maxima_address, blocks } = row;
  const { rank_keys: folded, listed_ids: bits, rank_spare: factors } = layout;
  const { bracket_weights: weights, bracket_values: sums } = layout;
  const blocks_apart = Math.min(blocks, Math.max(1, period / BLOCK));
  const count = blocks_apart * BLOCK;
  writeBits(new Int32Array(buffer, bits, count));
  setWindow(machine, cut);
  const mass = wasm.foldWeights(address, maxima_address, blocks, blocks_apart, folded);
  wasm.playLayers(folded, bits, count, layers, mass, factors);
  return wasm.tiltByFactors(address, maxima_address, blocks, factors, blocks_apart, weights, sums);
}

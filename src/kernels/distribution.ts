/** Entropy and related measures, and the moments of the logits, from one pass each. */

import { ln } from "./float64.ts";
import type { Machine } from "./instance.ts";
import { clampTemperature, prepareWeights } from "./mass.ts";
import { Normaliser } from "./normaliser.ts";
import type { Row } from "./row.ts";
import { type Cut, setWindow } from "./selection/cut.ts";
import type { Distribution } from "./softmax.ts";

/**
 * Needs a finite survivor, and no +Infinity. Entropy and the others are accurate to about 1e-6. When everything
 * survives, the weights of the row are kept, so a repeated query costs nothing, and sums over a cut cost little.
 */
export function distributionOf(machine: Machine, row: Row, asked: number, cut: Cut): Distribution {
  const temperature = clampTemperature(asked);
  const everything = cut.floor === -Infinity && cut.ceiling === Infinity;
  const known = everything ? machine.kept.of(row, temperature) : undefined;
  if (known !== undefined) return known;
  const offset = prepareWeights(machine, row, temperature, cut);
  const largest = Math.min(row.max, cut.ceiling);
  setWindow(machine, cut);
  if (everything) machine.wasm.weighRow(row.address, row.blocks, largest);
  else machine.wasm.moments(row.address, row.maxima_address, row.blocks, largest);
  const distribution = distributionFrom(machine, largest, temperature, offset);
  if (everything) machine.kept.describe(row, temperature, distribution);
  return distribution;
}

/** Computes the results from the sums of a pass. */
function distributionFrom(
  machine: Machine,
  largest: number,
  temperature: number,
  offset: number,
): Distribution {
  // The pass measures depths in y = x·scale; per nat that is T·scale.
  const nat = temperature * machine.wasm.weightScale();
  const { results } = machine;
  const mass = results[0]!;
  const mean = results[1]! / mass / nat;
  const square = results[2]! / mass / nat / nat;
  const relative = ln(mass) + offset;
  const normaliser = new Normaliser(largest / temperature, relative);
  return {
    normaliser,
    logsumexp: normaliser.logsumexp,
    entropy: Math.max(relative - mean, 0),
    varentropy: Math.max(square - mean * mean, 0),
    collision: Math.min(results[3]! / (mass * mass), 1),
    mean_logit: largest + mean * temperature,
    mass,
  };
}

/** How many logits survive, their mean, and their population standard deviation. */
export interface ValueMoments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** Over the survivors of a cut, in float64. Without survivors: count 0, mean and deviation NaN. */
export function valueMomentsOf(machine: Machine, row: Row, cut: Cut): ValueMoments {
  const largest = Math.min(row.max, cut.ceiling);
  setWindow(machine, cut);
  machine.wasm.valueMoments(row.address, row.maxima_address, row.blocks, largest);
  const { results } = machine;
  const count = results[0]!;
  const mean = results[1]! / count;
  return {
    count,
    mean: largest + mean,
    deviation: Math.sqrt(Math.max(results[2]! / count - mean * mean, 0)),
  };
}

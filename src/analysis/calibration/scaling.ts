/**
 * How a calibration scales a row of logits: zᵢ = xᵢ·wᵢ/T + bᵢ.
 *
 *   temperature_scaling T one number: the order of classes stays (C. Guo et al., ICML 2017)
 *   bias_scaling T, bᵢ and a bias a class (A. Alexandari et al., ICML 2020)
 *   vector_scaling wᵢ, bᵢ a weight and a bias a class (C. Guo et al., ICML 2017)
 *
 * A masked class stays masked with any weight. Vector scaling depends on the level of logits: adding a constant to a row
 * changes its result.
 */
import { Problem } from "../../errors.ts";

export const SCALING_METHODS = ["temperature_scaling", "bias_scaling", "vector_scaling"] as const;
export type ScalingMethod = (typeof SCALING_METHODS)[number];

/** The fields that each method has. */
export const SCALING_FIELDS = {
  temperature_scaling: ["temperature"],
  bias_scaling: ["temperature", "biases"],
  vector_scaling: ["weights", "biases"],
} as const satisfies Readonly<Record<ScalingMethod, readonly ScalingField[]>>;
export type ScalingField = "temperature" | "weights" | "biases";

/** In the form of a reply of /v1/calibrate, with the fields of its method. */
export interface Scaling {
  readonly method: ScalingMethod;
  readonly temperature?: number | undefined;
  readonly weights?: readonly number[] | undefined;
  readonly biases?: readonly number[] | undefined;
}

/** A scaling with parameters per class. */
export interface ClassScaling extends Scaling {
  readonly biases: readonly number[];
}

/** Maximum number of classes with their own parameters. */
export const SCALED_CLASSES_MAX = 4096;

export function tellsClassesApart(scaling: Scaling | undefined): scaling is ClassScaling {
  return scaling?.biases !== undefined;
}

/** True when it leaves every row unchanged. */
export function isIdentity({ temperature = 1, weights = [], biases = [] }: Scaling): boolean {
  return temperature === 1 && weights.every((weight) => weight === 1) && biases.every((bias) => bias === 0);
}

/** zᵢ of one logit. */
export function scaledLogit(
  { temperature = 1, weights, biases }: ClassScaling,
  id: number,
  x: number,
): number {
  if (x === Number.NEGATIVE_INFINITY) return x;
  return x * (weights === undefined ? 1 / temperature : weights[id]!) + biases[id]!;
}

/** A scaling per class needs rows with the same number of classes. */
export function requireClasses({ biases }: ClassScaling, classes: number): void {
  if (biases.length === classes) return;
  const detail = `the calibration must be of as many classes as the row has, ${classes}, got ${biases.length}`;
  throw new Problem("length_mismatch", detail, "/calibration/biases");
}

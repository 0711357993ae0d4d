/**
 * What a calibration makes of a row of logits: zᵢ = xᵢ·wᵢ/T + bᵢ.
 *
 *   temperature_scaling  T           one number: the order of classes stays       (C. Guo et al., ICML 2017)
 *   bias_scaling         T, bᵢ       and a bias a class                           (A. Alexandari et al., ICML 2020)
 *   vector_scaling       wᵢ, bᵢ      a weight and a bias a class                  (C. Guo et al., ICML 2017)
 *
 * A masked class stays masked, whatever its weight. Vector scaling looks at the level of logits: rows with a constant added
 * to them are other rows to it.
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

/** As /v1/calibrate replies it, with the fields of its method. */
export interface Scaling {
  readonly method: ScalingMethod;
  readonly temperature?: number | undefined;
  readonly weights?: readonly number[] | undefined;
  readonly biases?: readonly number[] | undefined;
}

/** A scaling that tells classes apart. */
export interface ClassScaling extends Scaling {
  readonly biases: readonly number[];
}

/** Classes that a scaling of its own for each may have. */
export const SCALED_CLASSES_MAX = 4096;

export function tellsClassesApart(scaling: Scaling | undefined): scaling is ClassScaling {
  return scaling?.biases !== undefined;
}

/** Whether it leaves every row as it is. */
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

/** A scaling of classes is for rows of as many. */
export function requireClasses({ biases }: ClassScaling, classes: number): void {
  if (biases.length === classes) return;
  const detail = `the calibration must be of as many classes as the row has, ${classes}, got ${biases.length}`;
  throw new Problem("length_mismatch", detail, "/calibration/biases");
}

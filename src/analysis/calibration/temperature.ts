/**
 * The temperature that divides logits before softmax: T > 1 flattens, T < 1 sharpens, the order never changes.
 */
import { Problem } from "../../errors.ts";

export const TEMPERATURE_MIN = 1e-6;
export const TEMPERATURE_MAX = 1e6;

/** 1 / T, for T in [1e-6, 1e6]. T = 0 has no probabilities: it is argmax. */
export function inverseTemperature(temperature: number): number {
  if (temperature >= TEMPERATURE_MIN && temperature <= TEMPERATURE_MAX) return 1 / temperature;
  throw new Problem(
    "invalid_option",
    `temperature must lie in [${TEMPERATURE_MIN}, ${TEMPERATURE_MAX}], got ${temperature}`,
    "/temperature",
  );
}

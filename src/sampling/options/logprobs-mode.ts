/**
 * The scores whose log-probabilities are reported: the unchanged row (of several, the first), the combined row, the scores around
 * the temperature, or the scores of the draw.
 */
export const LOGPROBS_MODES = [
  "raw",
  "combined",
  "processed",
  "before_temperature",
  "behind_temperature",
] as const;
export type LogprobsMode = (typeof LOGPROBS_MODES)[number];

/** True for the modes that report scores before or after the temperature. */
export function isAtTemperature(mode: LogprobsMode): boolean {
  return mode === "before_temperature" || mode === "behind_temperature";
}

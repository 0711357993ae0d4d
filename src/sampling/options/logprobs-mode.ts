/** Of which scores log-probabilities are told: the row as it came (of several, the first), the combined row, those at the temperature, or those that are drawn from. */
export const LOGPROBS_MODES = [
  "raw",
  "combined",
  "processed",
  "before_temperature",
  "behind_temperature",
] as const;
export type LogprobsMode = (typeof LOGPROBS_MODES)[number];

/** True for those that are told of the scores before or behind the temperature. */
export function isAtTemperature(mode: LogprobsMode): boolean {
  return mode === "before_temperature" || mode === "behind_temperature";
}

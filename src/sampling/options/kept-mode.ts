/** What happens to a step that keeps more tokens than `kept_max` allows it to report. */
export const KEPT_MODES = ["bounded", "exact"] as const;
export type KeptMode = (typeof KEPT_MODES)[number];

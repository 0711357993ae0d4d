/** What becomes of a step that leaves more tokens than `kept_max` lets it report. */
export const KEPT_MODES = ["bounded", "exact"] as const;
export type KeptMode = (typeof KEPT_MODES)[number];

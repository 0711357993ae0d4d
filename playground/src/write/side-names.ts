/** The two texts that are written side by side, by name. */
export const SIDES = ["A", "B"] as const;

export type SideName = (typeof SIDES)[number];

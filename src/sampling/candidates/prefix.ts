import type { Cut } from "../../kernels/kernel.ts";

/** The best tokens of a whole row: the cut that keeps them, and how many they are. */
export interface Prefix {
  readonly cut: Cut;
  readonly count: number;
}

/** The results of a run of the growth bench: the shape of bench/results/growth.json. */
import type { Machine } from "../../evidence/results.ts";
import type { Point } from "./fit.ts";

export interface GrowthResults {
  readonly machine: Machine;
  readonly series: readonly Series[];
}

export type Axis = "vocab_size" | "history" | "batch_rows" | "connections";

/** One cost along one axis. */
export interface Series {
  readonly axis: Axis;
  readonly name: string;
  readonly unit: string;
  /** true: the same in every run, so that growth above `exponent_max` is a defect and not noise */
  readonly is_count: boolean;
  readonly points: readonly Point[];
  readonly exponent: number;
  readonly exponent_max: number;
}

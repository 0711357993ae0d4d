/** The results of a run of the cost bench: the shape of bench/results/cost.json. */
import type { Machine } from "../../evidence/results.ts";

/** A length and kind of row, and the time of the temperature alone there. */
export interface CostColumn {
  readonly vocab_size: number;
  readonly rows: "peaked" | "flat";
  /** µs, the least of all rounds */
  readonly temperature_us: number;
}

export interface CostLine {
  readonly kind: string;
  readonly name: string;
  /** µs for each row, the least of all rounds, as a multiple of the temperature's, by column */
  readonly ratios: readonly number[];
}

export interface CostResults {
  readonly machine: Machine;
  readonly rounds: number;
  readonly columns: readonly CostColumn[];
  readonly lines: readonly CostLine[];
  /** loads and stores of wasm memory for each four logits of a flat row of 32,000: counts, which CI holds, by kind and name */
  readonly accesses: Readonly<Record<string, number>>;
  /**
   * the same for requests over HTTP: CPU of the service, relative to POST /v1/sample with f32; undefined when requests
   * were not measured
   */
  readonly routes?: readonly CostLine[];
}

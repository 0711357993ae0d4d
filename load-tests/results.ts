/** The results of a load test: the shape of bench/results/load.json. */
import type { Machine } from "../evidence/results.ts";
import type { Measured } from "./measure.ts";

export interface LoadResults {
  readonly machine: Machine;
  readonly connections: number;
  readonly seconds: number;
  readonly scenarios: readonly LoadedScenario[];
}

export interface LoadedScenario {
  readonly name: string;
  readonly body_bytes: number;
  /** that one request carries */
  readonly rows: number;
  readonly raw: Measured;
  /** absent for streams, which autocannon does not support */
  readonly cannon?: Measured;
}

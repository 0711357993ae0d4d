/** The results of a run against the peer: the shape of bench/results/peer.json. */
import type { Machine } from "../../evidence/results.ts";

export interface PeerResults {
  readonly machine: Machine;
  readonly versions: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly cases: readonly PeerMeasured[];
}

export interface PeerMeasured {
  readonly name: string;
  readonly connections: number;
  readonly goal: number;
  readonly ours: Load;
  readonly theirs: Load;
  /** the median, the least and the largest of the rounds' ratios */
  readonly ratio: number;
  readonly ratio_min: number;
  readonly ratio_max: number;
}

/** Medians of the rounds. */
export interface Load {
  /** rows a second */
  readonly per_s: number;
  /** CPU time of the server for a row, microseconds; absent where it cannot be read */
  readonly cpu_us?: number;
}

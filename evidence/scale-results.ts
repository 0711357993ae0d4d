/**
 * The file that `npm run proof:scale -- --write` saves: bench/results/scale.json, the source of the tables in
 * docs/scale.md.
 */
import type { Machine } from "./results.ts";

export interface Race {
  readonly task: string;
  readonly rows: number;
  readonly classes: number;
  /** rows a second of CPU, the best of the rounds */
  readonly ours: number;
  readonly theirs: number;
}

export interface Read {
  readonly format: string;
  /** elements a second of CPU */
  readonly ours: number;
  readonly theirs: number | null;
}

export interface Memory {
  readonly rows: number;
  readonly mib: number;
}

export interface ScaleResults {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly races: readonly Race[];
  readonly reads: readonly Read[];
  readonly memory: readonly Memory[];
}

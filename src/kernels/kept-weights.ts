/** Which row's weights lie in memory, all of them, and what was learnt when they were made: see assembly/whole.ts. */
import type { Distribution } from "./distribution.ts";
import type { Row } from "./row.ts";

export class KeptWeights {
  #row: Row | undefined;
  #version = -1;
  #temperature = 0;
  #distribution: Distribution | undefined;

  /** They are of this row as it is now, at this temperature. */
  describe(row: Row, temperature: number, distribution: Distribution): void {
    this.#row = row;
    this.#version = row.version;
    this.#temperature = temperature;
    this.#distribution = distribution;
  }

  /** What is known of this row if its weights are there; undefined when they are not. */
  of(row: Row, temperature: number): Distribution | undefined {
    const are_there = this.#row === row && this.#version === row.version && this.#temperature === temperature;
    return are_there ? this.#distribution : undefined;
  }
}

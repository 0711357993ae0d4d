/** Records which row's weights are in memory, and what was computed with them: see assembly/whole.ts. */
import type { Distribution } from "./softmax.ts";

/** A row, with the fields that identify its weights. */
interface Versioned {
  /** changes with every edit */
  readonly version: number;
}

export class KeptWeights {
  #row: Versioned | undefined;
  #version = -1;
  #temperature = 0;
  #distribution: Distribution | undefined;

  /**
   * Records that the weights are those of this row at this temperature; the distribution is known only if it was computed.
   */
  describe(row: Versioned, temperature: number, distribution: Distribution | undefined): void {
    this.#row = row;
    this.#version = row.version;
    this.#temperature = temperature;
    this.#distribution = distribution;
  }

  /** True when the weights of this row, in its present state, are in memory. */
  has(row: Versioned, temperature: number): boolean {
    return this.#row === row && this.#version === row.version && this.#temperature === temperature;
  }

  /** The distribution that was computed with the weights of this row; undefined when it was not, or the weights are gone. */
  of(row: Versioned, temperature: number): Distribution | undefined {
    return this.has(row, temperature) ? this.#distribution : undefined;
  }
}

/** Which row's weights lie in memory, all of them, and what was learnt when they were made: see assembly/whole.ts. */
import type { Distribution } from "./softmax.ts";

/** A row, as far as its weights know it. */
interface Versioned {
  /** another one after every edit */
  readonly version: number;
}

export class KeptWeights {
  #row: Versioned | undefined;
  #version = -1;
  #temperature = 0;
  #distribution: Distribution | undefined;

  /** They are of this row as it is now, at this temperature; its distribution is known only where somebody asked for it. */
  describe(row: Versioned, temperature: number, distribution: Distribution | undefined): void {
    this.#row = row;
    this.#version = row.version;
    this.#temperature = temperature;
    this.#distribution = distribution;
  }

  /** Whether the weights of this row, as it is now, are there. */
  has(row: Versioned, temperature: number): boolean {
    return this.#row === row && this.#version === row.version && this.#temperature === temperature;
  }

  /** The distribution that was found when the weights of this row were made; undefined when it was not, or they are not there. */
  of(row: Versioned, temperature: number): Distribution | undefined {
    return this.has(row, temperature) ? this.#distribution : undefined;
  }
}

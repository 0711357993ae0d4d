/** Texts with or without a mark, drawn by the sampler itself from a bank of rows; the next row is chosen at random. */

import type { Seeded } from "../../evidence/seeded.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { watermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler, type Sampler } from "../../src/sampling/sampler.ts";
import { openStream } from "../../src/sampling/stream.ts";

export type Bank = readonly Float32Array[];

/** Draws with one sampler, one row and one key. */
export class Writer {
  readonly sampler: Sampler;
  readonly #row: Row;
  readonly #bank: Bank;

  constructor(bank: Bank, secrets: readonly bigint[]) {
    const vocab_size_max = Math.max(...bank.map(({ length }) => length));
    this.sampler = createSampler({ vocab_size_max, rows_max: 1 }, undefined, {
      keys: watermarkKeys({ key: secrets }),
    });
    this.#row = this.sampler.leaseRow() as Row; // there is one
    this.#bank = bank;
  }

  /** A text with this number of tokens. */
  text(length: number, options: Readonly<Record<string, unknown>>, seeded: Seeded): number[] {
    const stream = openStream(this.sampler, { seed: String(seeded.below(2 ** 32)), ...options });
    for (let i = 0; i < length; i++) stream.next(this.#next(seeded));
    return [...stream.history];
  }

  /** The token of one step. */
  token(place: number, options: Readonly<Record<string, unknown>>): number {
    return this.sampler.sample(this.#load(place), parseStepOptions(options)).token_id;
  }

  #next(seeded: Seeded): Row {
    return this.#load(seeded.below(this.#bank.length));
  }

  #load(place: number): Row {
    this.#row.load(this.#bank[place] as Float32Array); // a place of the bank
    this.#row.finish();
    return this.#row;
  }
}

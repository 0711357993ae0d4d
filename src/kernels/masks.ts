/** Token masks as bits, and the copy of a row that lets it be masked and unmasked again. */
import { assert } from "../errors.ts";
import type { Machine } from "./instance.ts";
import { BLOCK } from "./layout.ts";
import type { Row } from "./row.ts";

/** Tokens whose bit is 0 or missing become −Infinity; the block maxima follow. */
export function applyMask(machine: Machine, row: Row, words: Uint32Array): void {
  const { wasm, layout } = machine;
  const needed = row.blocks * (BLOCK / 32);
  const target = new Uint32Array(machine.buffer, layout.mask_words, needed);
  if (words.length > needed) target.set(words.subarray(0, needed));
  else target.fill(0, words.length).set(words);
  wasm.applyMask(row.address, row.maxima_address, row.blocks, layout.mask_words);
  row.settle();
}

/** One row's values and block maxima, kept aside. */
export class Snapshot {
  readonly #machine: Machine;
  #row: Row | undefined;
  #max = -Infinity;
  #nan_suspected = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  take(row: Row): void {
    this.#copy(row, this.#machine.layout.snapshot, row.address);
    this.#row = row;
    this.#max = row.max;
    this.#nan_suspected = row.nan_suspected;
  }

  putBack(row: Row): void {
    assert(this.#row === row, "a row is restored from its own snapshot");
    this.#copy(row, row.address, this.#machine.layout.snapshot);
    row.max = this.#max;
    row.nan_suspected = this.#nan_suspected;
    row.version += 1;
  }

  #copy(row: Row, to: number, from: number): void {
    const { wasm, layout } = this.#machine;
    wasm.copy(to, from, row.blocks * BLOCK * 4);
    const maxima_bytes = Math.ceil(row.blocks / 4) * 16;
    wasm.copy(to + layout.maxima_offset, from + layout.maxima_offset, maxima_bytes);
  }
}

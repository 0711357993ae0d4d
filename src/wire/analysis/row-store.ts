/** Rows that have to wait for what follows them in the body: their bytes one behind the other, in one buffer that doubles. */
import type { ElementSink } from "../json/numbers.ts";

interface Stored {
  readonly start: number;
  length: number;
}

const FIRST_BYTES = 65_536;

export class RowStore {
  readonly #row_bytes_max: number;
  readonly #rows: Stored[] = [];
  #buffer = new Uint8Array(FIRST_BYTES);
  #used = 0;

  constructor(row_bytes_max: number) {
    this.#row_bytes_max = row_bytes_max;
  }

  /** Takes the bytes of row `index`, which must come in one stretch, until the next row begins. */
  begin(index: number): ElementSink {
    // Rows begin at a multiple of 4, so that float32 can be seen in place.
    const row: Stored = { start: Math.ceil(this.#used / 4) * 4, length: 0 };
    this.#used = row.start;
    this.#rows[index] = row;
    return { append: (bytes) => this.#append(row, bytes) };
  }

  /** The bytes of a row; empty when it never began. */
  bytes(index: number): Uint8Array {
    const { start, length } = this.#rows[index] ?? { start: 0, length: 0 };
    return this.#buffer.subarray(start, start + length);
  }

  floats(index: number): Float32Array {
    const bytes = this.bytes(index);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  }

  #append(row: Stored, bytes: Uint8Array): boolean {
    if (row.length + bytes.length > this.#row_bytes_max) return false;
    if (this.#used + bytes.length > this.#buffer.length) this.#grow(this.#used + bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
    row.length += bytes.length;
    return true;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

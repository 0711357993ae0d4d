/** Rows that wait for later parts of the body: their bytes, one after the other, in one growing buffer. */
import { GrowingBuffer } from "../growing-buffer.ts";
import type { ElementSink } from "../json/numbers.ts";

interface Stored {
  readonly start: number;
  length: number;
}

const FIRST_BYTES = 65_536;
const PADDING = new Uint8Array(3);

export class RowStore {
  readonly #row_bytes_max: number;
  readonly #rows: Stored[] = [];
  readonly #bytes = new GrowingBuffer(Number.MAX_SAFE_INTEGER, FIRST_BYTES);

  constructor(row_bytes_max: number) {
    this.#row_bytes_max = row_bytes_max;
  }

  /** Takes the bytes of row `index` until the next row begins. The bytes of a row must be contiguous. */
  begin(index: number): ElementSink {
    // Rows begin at a multiple of 4, so that they can be viewed as float32.
    this.#bytes.append(PADDING.subarray(0, -this.#bytes.length & 3));
    const row: Stored = { start: this.#bytes.length, length: 0 };
    this.#rows[index] = row;
    return { append: (bytes) => this.#append(row, bytes) };
  }

  /** The bytes of a row; empty when it never began. */
  bytes(index: number): Uint8Array {
    const { start, length } = this.#row(index);
    return this.#bytes.bytes.subarray(start, start + length);
  }

  floats(index: number): Float32Array {
    const { start, length } = this.#row(index);
    return this.#bytes.floats(start, length >> 2);
  }

  #row(index: number): Stored {
    return this.#rows[index] ?? { start: 0, length: 0 };
  }

  #append(row: Stored, bytes: Uint8Array): boolean {
    if (row.length + bytes.length > this.#row_bytes_max) return false;
    row.length += bytes.length;
    return this.#bytes.append(bytes);
  }
}

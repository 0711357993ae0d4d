/**
 * The rows of an inference, put one after another into one leased row: as their bytes arrive, out of a store when
 * options come behind them, from JSON, or from shared memory.
 */
import { assert } from "../../errors.ts";
import { DTYPES, type Dtype, type Row } from "../../kernels/kernel.ts";
import type { SharedMemory } from "../shared-memory.ts";

/** What the rows of one tensor have in common. */
export interface RowsOf {
  readonly dtype: Dtype;
  readonly row_count: number;
  readonly vocab_size: number;
}

export interface RowSource {
  /** Takes the next bytes of the tensor; every row that is ready is taken before more are written. */
  write(bytes: Uint8Array): void;
  /** Copies what it still needs of the bytes that were written last: they will be gone. */
  keep(): void;
  /** Puts the next row into place; false when more bytes are needed or all rows were taken. */
  next(): boolean;
}

const NOTHING = new Uint8Array(0);

/** Rows that are used as they arrive. */
export class ArrivingRows implements RowSource {
  readonly #row: Row;
  readonly #dtype: Dtype;
  readonly #row_bytes: number;
  #received = 0;
  #pending: Uint8Array = NOTHING;
  /** the row in place was given out */
  #taken = false;

  constructor(row: Row, { dtype, vocab_size }: RowsOf) {
    this.#row = row;
    this.#dtype = dtype;
    this.#row_bytes = vocab_size * DTYPES[dtype].bytes;
  }

  write(bytes: Uint8Array): void {
    assert(this.#pending.length === 0, "every row of a chunk is taken before the next chunk is written");
    this.#pending = bytes;
    this.#fill();
  }

  keep(): void {
    this.#pending = new Uint8Array(this.#pending); // `slice` of a Buffer copies nothing
  }

  next(): boolean {
    if (this.#taken) this.#fill();
    if (this.#taken || this.#received < this.#row_bytes) return false;
    this.#taken = true;
    return true;
  }

  #fill(): void {
    if (this.#pending.length === 0) return;
    if (this.#taken) this.#received = 0;
    this.#taken = false;
    if (this.#received === 0) this.#row.begin(this.#dtype);
    const taken = Math.min(this.#pending.length, this.#row_bytes - this.#received);
    this.#row.append(this.#pending.subarray(0, taken));
    this.#pending = this.#pending.subarray(taken);
    this.#received += taken;
  }
}

/** Rows whose options come behind them. */
export class StoredRows implements RowSource {
  readonly #row: Row;
  readonly #dtype: Dtype;
  readonly #row_bytes: number;
  readonly #bytes: Uint8Array;
  #stored = 0;
  #read = 0;

  constructor(row: Row, { dtype, vocab_size, row_count }: RowsOf) {
    this.#row = row;
    this.#dtype = dtype;
    this.#row_bytes = vocab_size * DTYPES[dtype].bytes;
    this.#bytes = new Uint8Array(this.#row_bytes * row_count);
  }

  write(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#stored);
    this.#stored += bytes.length;
  }

  keep(): void {}

  next(): boolean {
    if (this.#read + this.#row_bytes > this.#stored) return false;
    this.#row.begin(this.#dtype);
    this.#row.append(this.#bytes.subarray(this.#read, this.#read + this.#row_bytes));
    this.#read += this.#row_bytes;
    return true;
  }
}

/** Rows that stood in JSON. */
export class ListedRows implements RowSource {
  readonly #row: Row;
  readonly #vocab_size: number;
  readonly #values: Float32Array;
  #read = 0;

  constructor(row: Row, { vocab_size }: RowsOf, values: Float32Array) {
    this.#row = row;
    this.#vocab_size = vocab_size;
    this.#values = values;
  }

  write(): void {}

  keep(): void {}

  next(): boolean {
    if (this.#read === this.#values.length) return false;
    this.#row.load(this.#values.subarray(this.#read, this.#read + this.#vocab_size));
    this.#read += this.#vocab_size;
    return true;
  }
}

/** Rows in a region of shared memory, from `offset` on. */
export class SharedRows implements RowSource {
  readonly #row: Row;
  readonly #of: RowsOf;
  readonly #memory: SharedMemory;
  readonly #part: { readonly region: string; readonly offset: number };
  readonly #pointer: string;
  #read = 0;

  constructor(
    row: Row,
    of: RowsOf,
    memory: SharedMemory,
    part: { readonly region: string; readonly offset: number },
    pointer: string,
  ) {
    this.#row = row;
    this.#of = of;
    this.#memory = memory;
    this.#part = part;
    this.#pointer = pointer;
  }

  write(): void {}

  keep(): void {}

  next(): boolean {
    const { dtype, vocab_size, row_count } = this.#of;
    if (this.#read === row_count) return false;
    const { region, offset } = this.#part;
    const at = { region, offset: offset + this.#read * vocab_size * DTYPES[dtype].bytes };
    this.#memory.readRow(this.#row, dtype, vocab_size, at, this.#pointer);
    this.#read += 1;
    return true;
  }
}

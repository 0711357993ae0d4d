/**
 * The rows of an inference, put step after step into leased rows: as their bytes arrive, when options come after them,
 * from JSON, or from shared memory.
 */
import { type Row, rowBytes } from "../../kernels/kernel.ts";
import type { SharedMemory } from "../shared-memory.ts";
import { type RowsOf, TensorRows } from "../tensor/rows.ts";

export interface RowSource {
  /** those of the step in place */
  readonly rows: readonly Row[];
  /** Takes the next bytes of the tensor; every step that is ready is taken before more are written. */
  write(bytes: Uint8Array): void;
  /** Copies the bytes written last that it still needs, because the caller frees them. */
  keep(): void;
  /** Puts the rows of the next step into place; false when more bytes are needed or all were taken. */
  next(): boolean;
}

type Lease = (index: number) => Row;

/** Rows whose options come after them. */
export class StoredRows implements RowSource {
  readonly #tensor: TensorRows;
  readonly #bytes: Uint8Array;
  #stored = 0;

  constructor(lease: Lease, of: RowsOf) {
    const { encoding, steps, step_rows, vocab_size } = of;
    this.#tensor = new TensorRows(lease, of);
    this.#bytes = new Uint8Array(steps * step_rows * rowBytes(encoding, vocab_size));
  }

  get rows(): readonly Row[] {
    return this.#tensor.rows;
  }

  write(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#stored);
    this.#stored += bytes.length;
    if (this.#stored === this.#bytes.length) this.#tensor.write(this.#bytes);
  }

  keep(): void {}

  next(): boolean {
    return this.#tensor.next();
  }
}

/** Rows that stood in JSON. */
export function listedRows(lease: Lease, of: RowsOf, values: Float32Array): RowSource {
  const tensor = new TensorRows(lease, of);
  tensor.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return tensor;
}

/** Rows in a region of shared memory, from `offset` on. */
export class SharedRows implements RowSource {
  readonly rows: readonly Row[];
  readonly #of: RowsOf;
  readonly #memory: SharedMemory;
  readonly #part: { readonly region: string; readonly offset: number };
  readonly #pointer: string;
  #read = 0;

  constructor(
    lease: Lease,
    of: RowsOf,
    memory: SharedMemory,
    part: { readonly region: string; readonly offset: number },
    pointer: string,
  ) {
    this.rows = Array.from({ length: of.step_rows }, (_, index) => lease(index));
    this.#of = of;
    this.#memory = memory;
    this.#part = part;
    this.#pointer = pointer;
  }

  write(): void {}

  keep(): void {}

  /** Skips the rows of this number of steps. */
  skip(steps: number): void {
    this.#read += steps * this.rows.length;
  }

  next(): boolean {
    const { encoding, vocab_size, steps } = this.#of;
    if (this.#read === steps * this.rows.length) return false;
    const { region, offset } = this.#part;
    for (const row of this.rows) {
      const at = { region, offset: offset + this.#read * rowBytes(encoding, vocab_size) };
      this.#memory.readRow(row, encoding, vocab_size, at, this.#pointer);
      this.#read += 1;
    }
    return true;
  }
}

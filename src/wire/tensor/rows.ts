/**
 * The rows of one tensor, put into leased rows as their bytes arrive: the rows that one step needs together, and then,
 * in the same places, those of the next. A tensor of any number of steps needs the memory of one.
 *
 *   bytes ─► row 0 … row k−1: a step is ready ─► row 0 … row k−1: the next one ─► …
 */
import { assert } from "../../errors.ts";
import { ENCODINGS, type Encoding, type Row, rowBytes } from "../../kernels/kernel.ts";
import type { StepOptions } from "../../sampling/step.ts";
import type { BodyForm, RowSource } from "../row-source.ts";
import { finishRows, rowTooLong } from "../rows.ts";
import { requireNoFile } from "./file-magic.ts";

/** The common properties of the rows of one tensor. */
export interface RowsOf {
  readonly encoding: Encoding;
  readonly steps: number;
  /** rows that one step needs together */
  readonly step_rows: number;
  /** elements of a row; Infinity: the only row, which ends with the tensor */
  readonly vocab_size: number;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export class TensorRows implements RowSource {
  readonly form: BodyForm;
  readonly #encoding: Encoding;
  /** of the step that is arriving, or was taken last */
  readonly rows: readonly Row[];
  /** of the tensor, so far */
  received_bytes = 0;
  readonly #steps: number;
  readonly #whole: ((received_bytes: number) => void) | undefined;
  readonly #row_bytes: number;
  /** bytes that are not in a row yet */
  #pending = NOTHING;
  /** index of the row that is arriving; all are there when it is their number */
  #arriving = 0;
  #row_received = 0;
  #taken = 0;
  /** bytes of steps that are left out */
  #left_out = 0;
  /** the step in place was taken: its rows may be overwritten */
  #is_taken = false;

  /** `whole` throws when a tensor of this number of bytes is incomplete. */
  constructor(
    lease: (index: number) => Row,
    { encoding, steps, step_rows, vocab_size }: RowsOf,
    whole?: (received_bytes: number) => void,
  ) {
    const rows: Row[] = [];
    for (let index = 0; index < step_rows; index++) rows.push(lease(index));
    this.rows = rows;
    this.form = ENCODINGS[encoding].dtype;
    this.#encoding = encoding;
    this.#whole = whole;
    this.#steps = steps;
    this.#row_bytes = rowBytes(encoding, vocab_size);
    for (const row of this.rows) row.begin(encoding);
  }

  /** Takes the next bytes of the tensor; those after its last row are only counted. Every step that is ready is taken before more are written. */
  write(bytes: Uint8Array): void {
    assert(this.#pending.length === 0, "every step of a chunk is taken before the next chunk is written");
    if (this.received_bytes === 0) requireNoFile(bytes);
    this.received_bytes += bytes.length;
    if (this.#taken === this.#steps) return;
    this.#pending = bytes;
    this.#fill();
  }

  /** Memory for at most this number of bytes that are written next; undefined: anywhere. */
  room(bytes: number): Uint8Array | undefined {
    return this.rows[this.#arriving]?.room(Math.min(bytes, this.#row_bytes - this.#row_received));
  }

  /** Copies the bytes written last that it still needs, because the caller frees them. */
  keep(): void {
    this.#pending = new Uint8Array(this.#pending); // `slice` of a Buffer copies nothing
  }

  /** No more bytes will come. Throws when they are not all. */
  end(): void {
    this.#whole?.(this.received_bytes);
    if (this.#row_bytes === Number.POSITIVE_INFINITY) this.#arriving = this.rows.length;
  }

  /** Leaves out the next steps: their bytes are dropped as they come. Call it after `next`, for steps that there are. */
  skip(steps: number): void {
    this.#taken += steps;
    this.#left_out += steps * this.rows.length * this.#row_bytes;
  }

  /**
   * True when the rows of the next step are in place, until this is called again; false when more bytes are needed or
   * all rows were taken.
   */
  next(): boolean {
    this.#fill();
    if (this.#is_taken || this.#arriving < this.rows.length) return false;
    this.#is_taken = true;
    this.#taken += 1;
    return true;
  }

  /** The rows in place, for a step with these options. Throws a Problem for invalid rows. */
  finish(options: StepOptions): readonly Row[] {
    return finishRows(this.rows, options);
  }

  #fill(): void {
    if (this.#left_out > 0) this.#drop();
    if (this.#pending.length === 0) return;
    if (this.#is_taken) this.#arriving = 0;
    this.#is_taken = false;
    while (this.#pending.length > 0 && this.#arriving < this.rows.length) this.#append();
    const is_last = this.#taken + 1 === this.#steps && this.#arriving === this.rows.length;
    if (is_last) this.#pending = NOTHING;
  }

  #drop(): void {
    const dropped = Math.min(this.#left_out, this.#pending.length);
    this.#left_out -= dropped;
    this.#pending = dropped === this.#pending.length ? NOTHING : this.#pending.subarray(dropped);
  }

  /** Puts into the row that is arriving what belongs to it. */
  #append(): void {
    const row = this.rows[this.#arriving] as Row; // it is one of them while one is arriving
    if (this.#row_received === 0) row.begin(this.#encoding);
    const left = this.#row_bytes - this.#row_received;
    const part = this.#pending.length > left ? this.#pending.subarray(0, left) : this.#pending;
    if (!row.append(part)) throw rowTooLong(row, "");
    this.#pending = part === this.#pending ? NOTHING : this.#pending.subarray(part.length);
    this.#row_received += part.length;
    if (this.#row_received < this.#row_bytes) return;
    this.#row_received = 0;
    this.#arriving += 1;
  }
}

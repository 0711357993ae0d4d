/** The row of a step that has one, which takes the rest of its body as it is. */
import { Problem } from "../../errors.ts";
import { ENCODINGS, type Encoding, type Row } from "../../kernels/kernel.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import type { StepOptions } from "../../sampling/step.ts";
import type { TensorFields } from "../../schemas/tensor.ts";
import type { BodyForm, RowSource } from "../row-source.ts";
import { finishRow, requireWhole, rowTooLong } from "../rows.ts";
import { requireNoFile } from "./file-magic.ts";
import type { Tensor } from "./head.ts";

/** The rows of a step that comes as bytes. */
export interface StepRows extends RowSource {
  /** Memory for at most this number of bytes that are written next; undefined: anywhere. */
  room(bytes: number): Uint8Array | undefined;
  /** The rows, once all bytes have arrived. Throws a Problem for invalid rows. */
  finish(options: StepOptions): readonly LogitsRow[];
}

/**
 * The row of a step with one row, as most have. It may be longer than its shape says, and the error reports by how
 * much.
 */
export class OneRow implements StepRows {
  readonly form: BodyForm;
  readonly #encoding: Encoding;
  readonly into: Row;
  readonly #shape: TensorFields["shape"];
  #is_ready = false;

  constructor({ encoding, shape }: Tensor, row: Row) {
    this.form = ENCODINGS[encoding].dtype;
    this.#encoding = encoding;
    this.into = row;
    this.#shape = shape;
    row.begin(encoding);
  }

  /** Memory for at most this number of bytes that are written next; undefined: anywhere. */
  room(bytes: number): Uint8Array | undefined {
    return this.into.room(bytes);
  }

  write(bytes: Uint8Array): void {
    if (this.into.length === 0) requireNoFile(bytes);
    if (!this.into.append(bytes)) throw rowTooLong(this.into, "");
  }

  end(): void {
    const { length, odd_bytes } = this.into;
    if (odd_bytes > 0) requireWhole(this.into.received_bytes, this.#encoding, "");
    if (this.#shape !== undefined) requireLength(length, this.#shape);
    this.#is_ready = true;
  }

  next(): boolean {
    const is_ready = this.#is_ready;
    this.#is_ready = false;
    return is_ready;
  }

  finish(options: StepOptions): readonly LogitsRow[] {
    return [finishRow(this.into, options)];
  }
}

/** A row has the elements that its shape says. */
export function requireLength(length: number, shape: readonly number[]): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (length !== elements)
    throw new Problem(
      "length_mismatch",
      `shape [${shape.join(", ")}] needs ${elements} elements, got ${length}`,
      "/shape",
    );
}

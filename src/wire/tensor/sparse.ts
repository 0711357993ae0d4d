/**
 * A sparse row in bytes, whose header has the number of its tokens:
 *
 * byte 0                     4·count                     4·count + count·(bytes of an element)
 * ┌──────────────────────────┬──────────────────────────┐
 * │ token ids, i32, LE       │ their logits, LE         │
 * └──────────────────────────┴──────────────────────────┘
 */
import { Problem } from "../../errors.ts";
import { type Encoding, type Row, rowBytes } from "../../kernels/kernel.ts";
import type { SparseRow } from "../../sampling/rows.ts";
import type { StepOptions } from "../../sampling/step.ts";
import type { SparseFields } from "../../schemas/tensor.ts";
import { GrowingBuffer } from "../growing-buffer.ts";
import type { RowSource } from "../row-source.ts";
import { encodingText, rowTooLong } from "../rows.ts";
import { requireVocabulary, sparseRow } from "../sparse.ts";

const ID_BYTES = 4;

export class SparseTensor implements RowSource {
  readonly form = "sparse";
  readonly #encoding: Encoding;
  readonly #fields: SparseFields;
  readonly #ids: GrowingBuffer;
  /** the values, widened as those of a whole row are */
  readonly #row: Row;
  #bytes = 0;
  #is_ready = false;

  /** `row` is leased, and long enough for as many values. */
  constructor(fields: SparseFields, encoding: Encoding, row: Row) {
    const id_bytes = fields.count * ID_BYTES;
    this.#encoding = encoding;
    this.#fields = fields;
    this.#ids = new GrowingBuffer(id_bytes, id_bytes);
    this.#row = row;
    row.begin(encoding);
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const of_ids = Math.min(bytes.length, this.#fields.count * ID_BYTES - this.#ids.length);
    if (of_ids > 0) this.#ids.append(bytes.subarray(0, of_ids));
    if (!this.#row.append(bytes.subarray(of_ids))) throw rowTooLong(this.#row, "");
  }

  room(): undefined {}

  end(): void {
    const { count } = this.#fields;
    const expected = count * ID_BYTES + rowBytes(this.#encoding, count);
    if (this.#bytes !== expected)
      throw new Problem(
        "length_mismatch",
        `${count} token ids and ${encodingText(this.#encoding)} logits need ${expected} bytes, got ${this.#bytes}`,
        "/sparse/count",
      );
    this.#is_ready = true;
  }

  next(): boolean {
    const is_ready = this.#is_ready;
    this.#is_ready = false;
    return is_ready;
  }

  /** The row, once all bytes are there. */
  finish(options: StepOptions): readonly SparseRow[] {
    const { count, ...known } = this.#fields;
    requireVocabulary(known, options);
    return [sparseRow(this.#ids.integers(), this.#row.values.subarray(0, count), known, "/sparse")];
  }
}

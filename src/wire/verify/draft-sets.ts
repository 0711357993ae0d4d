/**
 * Rows of a drafter that list a few tokens each, as one sparse matrix of rows (CSR): where the row of each node begins and
 * the last one ends, then the token ids of all rows, then as many values. The layout of kept sets in replies, and values
 * after it. A row becomes the sparse row that JSON has at `logits`.
 */
import { Problem } from "../../errors.ts";
import { floatOfHalf } from "../../kernels/scaled.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import type { SparseRow } from "../../sampling/rows.ts";
import { DRAFT_SPARSE, type DraftSparse } from "../../schemas/tensor.ts";
import type { WireLimits } from "../limits.ts";
import { sparseRow } from "../sparse.ts";

const OFFSET_BYTES = 8;
const ID_BYTES = 4;
const VALUE_BYTES = { f32: 4, f16: 2, bf16: 2 } as const;

/** The parts that were read of the rows of all drafts of a body. */
export interface DraftSetsParts {
  /** where each row begins among the ids, and where the last ends */
  readonly offsets: readonly number[];
  readonly token_ids: Int32Array;
  readonly values: Float32Array;
}

export class DraftSets {
  readonly #parts: DraftSetsParts;
  readonly #pointer: string;

  /** Throws a Problem for invalid offsets. `pointer` is the place that the Problem reports. */
  constructor(parts: DraftSetsParts, pointer: string) {
    this.#parts = parts;
    this.#pointer = pointer;
    const { offsets, token_ids, values } = parts;
    if (values.length !== token_ids.length)
      throw new Problem(
        "length_mismatch",
        `the drafter's rows need a value for each token id, got ${values.length} for ${token_ids.length}`,
        pointer,
      );
    const wrong = offsets.findIndex(
      (offset, i) => !(i === 0 ? offset === 0 : offset >= (offsets[i - 1] as number)),
    );
    if (wrong < 0 && offsets.at(-1) === token_ids.length) return;
    throw new Problem(
      "invalid_option",
      `the offsets of the drafter's rows must ascend from 0 to the number of token ids, ${token_ids.length}, got ${wrong < 0 ? offsets.at(-1) : offsets[wrong]} at index ${wrong < 0 ? offsets.length - 1 : wrong}`,
      pointer,
    );
  }

  get rows(): number {
    return this.#parts.offsets.length - 1;
  }

  /** Row `index` of all, whose ids must be below `vocab_size`. Throws a Problem. */
  row(index: number, vocab_size: number | undefined): SparseRow {
    const { offsets, token_ids, values } = this.#parts;
    const [begin, end] = [offsets[index] as number, offsets[index + 1] as number]; // there are as many rows as drafts need
    if (begin === end)
      throw new Problem(
        "invalid_logits",
        `a row of the drafter must list at least one token, got none in row ${index}`,
        this.#pointer,
      );
    try {
      const ids = token_ids.subarray(begin, end);
      return sparseRow(ids, values.subarray(begin, end), { vocab_size }, this.#pointer);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(error.code, `row ${index} of the drafter: ${error.message}`, this.#pointer);
    }
  }
}

/** Throws the Problem of rows that are not as many as the drafts need. */
export function requireDraftSets(sets: DraftSets, expected: number, pointer: string): void {
  if (sets.rows === expected) return;
  throw new Problem(
    "length_mismatch",
    `the drafts need ${expected} rows of the drafter, one for the root and each token with children, where draft_rows says that there are any; got ${sets.rows}`,
    pointer,
  );
}

/** Gathers the bytes of such rows, which stand between the header of a binary body and the rows of the targets. */
export class ArrivingDraftSets {
  readonly #said: DraftSparse;
  readonly #bytes: Uint8Array;
  #received = 0;

  /** Throws the Problem of rows that are too large. */
  constructor(said: unknown, { json_text_bytes_max }: WireLimits) {
    this.#said = parseWith(DRAFT_SPARSE, said, "/draft_sparse");
    const { rows, count, dtype } = this.#said;
    const bytes = OFFSET_BYTES * (rows + 1) + count * (ID_BYTES + VALUE_BYTES[dtype]);
    if (bytes > json_text_bytes_max)
      throw new Problem(
        "limit_exceeded",
        `the drafter's sparse rows may have at most ${json_text_bytes_max} bytes (json_text_bytes_max), got ${bytes}`,
        "/draft_sparse",
      );
    this.#bytes = new Uint8Array(bytes);
  }

  get complete(): boolean {
    return this.#received === this.#bytes.length;
  }

  /** Takes its bytes; the rest belongs to the rows of the targets. */
  write(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, this.#bytes.length - this.#received);
    this.#bytes.set(part, this.#received);
    this.#received += part.length;
    return chunk.subarray(part.length);
  }

  /** The rows, once all bytes are there. Throws a Problem. */
  sets(): DraftSets {
    const { rows, count, dtype } = this.#said;
    if (!this.complete)
      throw new Problem(
        "length_mismatch",
        `the drafter's sparse rows need ${this.#bytes.length} bytes after the header, got ${this.#received}`,
        "/draft_sparse",
      );
    const view = new DataView(this.#bytes.buffer);
    const ids_at = OFFSET_BYTES * (rows + 1);
    const values_at = ids_at + ID_BYTES * count;
    const value = valueReader(dtype, view);
    return new DraftSets(
      {
        offsets: Array.from({ length: rows + 1 }, (_, i) => Number(view.getBigInt64(OFFSET_BYTES * i, true))),
        token_ids: Int32Array.from({ length: count }, (_, i) => view.getInt32(ids_at + ID_BYTES * i, true)),
        values: Float32Array.from({ length: count }, (_, i) => value(values_at + VALUE_BYTES[dtype] * i)),
      },
      "/draft_sparse",
    );
  }
}

function valueReader(dtype: DraftSparse["dtype"], view: DataView): (at: number) => number {
  if (dtype === "f32") return (at) => view.getFloat32(at, true);
  if (dtype === "f16") return (at) => floatOfHalf(view.getUint16(at, true));
  const word = new DataView(new ArrayBuffer(4));
  return (at) => {
    word.setUint16(0, view.getUint16(at, true));
    return word.getFloat32(0);
  };
}

/**
 * Opens binary drafts: a tensor of shape [rows, vocab_size] behind a JSON header, or with its options in the query string.
 * The rows of one sequence are in place together; those of the next take their places.
 */
import { assert, Problem, show } from "../../errors.ts";
import { DTYPES, type Dtype } from "../../kernels/kernel.ts";
import { finishRows } from "../rows.ts";
import type { BodyForm, WireContext } from "../step-reader.ts";
import { dtypeOf, requireVocabSize, TensorHead, type TensorSource, tensorFields } from "../tensor/head.ts";
import { TensorRows } from "../tensor/rows.ts";
import {
  dividedRows,
  ownOptions,
  type Sequence,
  sequencesOf,
  type VerifyCall,
  type VerifyReader,
} from "./calls.ts";

/** What the header says. */
interface Plan {
  readonly dtype: Dtype;
  readonly vocab_size: number;
  readonly row_bytes: number;
  readonly sequences: readonly Sequence[];
  /** options of each row; undefined: none has any */
  readonly rows: readonly unknown[] | undefined;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export class VerifyTensor implements VerifyReader {
  readonly #head: TensorHead;
  readonly #many: boolean;
  readonly #context: WireContext;
  #plan: Plan | undefined;
  /** bytes that no sequence has yet */
  #pending = NOTHING;
  #received = 0;
  /** of the sequence that is arriving */
  #index = 0;
  #rows: TensorRows | undefined;

  constructor(source: TensorSource, many: boolean, context: WireContext) {
    this.#head = new TensorHead(source, context.limits);
    this.#many = many;
    this.#context = context;
  }

  get form(): BodyForm | undefined {
    return this.#plan?.dtype;
  }

  write(chunk: Uint8Array): void {
    assert(this.#pending.length === 0, "every call of a chunk is taken before the next chunk is written");
    // Before the header is read: where no row is free, nothing is spent on what it says.
    if (this.#plan === undefined) this.#context.lease();
    const bytes = this.#head.write(chunk);
    if (!this.#head.complete) return;
    this.#planned();
    this.#received += bytes.length;
    this.#pending = bytes;
    this.#fill();
  }

  end(): void {
    const { dtype, vocab_size, row_bytes, sequences } = this.#planned();
    const rows = rowCount(sequences);
    if (this.#received !== rows * row_bytes)
      throw new Problem(
        "length_mismatch",
        `shape [${rows}, ${vocab_size}] of ${dtype} needs ${rows * row_bytes} bytes, got ${this.#received}`,
        "/shape",
      );
  }

  next(): VerifyCall | Problem | undefined {
    this.#fill();
    const plan = this.#plan;
    const sequence = plan?.sequences[this.#index];
    const tensor = this.#rows;
    if (plan === undefined || sequence === undefined || tensor?.next() !== true) return undefined;
    this.#index += 1;
    this.#rows = undefined;
    try {
      const options = sequence.options();
      const own = ownOptions(
        plan.rows?.slice(sequence.first, sequence.first + sequence.count) ?? [],
        options,
      );
      const rows = { ...dividedRows(finishRows(tensor.rows, options), options), own };
      return { rows, options, place: sequence.place };
    } catch (error) {
      if (error instanceof Problem && this.#many) return error;
      throw error;
    }
  }

  /** Gives the sequence that is arriving what belongs to it, as far as the one before was taken. */
  #fill(): void {
    const { dtype, vocab_size, row_bytes, sequences } = this.#plan ?? NO_PLAN;
    const sequence = sequences[this.#index];
    if (sequence === undefined) {
      this.#pending = NOTHING;
      return;
    }
    if (this.#pending.length === 0) return;
    this.#rows ??= new TensorRows(this.#context.lease, {
      dtype,
      vocab_size,
      steps: 1,
      step_rows: sequence.count,
    });
    const left = sequence.count * row_bytes - this.#rows.received_bytes;
    this.#rows.write(this.#pending.subarray(0, left));
    this.#pending = this.#pending.subarray(left);
  }

  #planned(): Plan {
    this.#plan ??= planOf(this.#head, this.#many, this.#context);
    return this.#plan;
  }
}

const NO_PLAN: Plan = { dtype: "f32", vocab_size: 0, row_bytes: 0, sequences: [], rows: undefined };

function rowCount(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { count }) => sum + count, 0);
}

/** All that the header says of the body as a whole is checked before the first element is taken. */
function planOf(head: TensorHead, many: boolean, context: WireContext): Plan {
  const [tensor, { rows, ...fields }] = tensorFields(head.fields);
  const sequences = sequencesOf(fields, many, context);
  const expected = rowCount(sequences);
  const [count, vocab_size] = tensor.shape ?? [];
  if (tensor.shape?.length !== 2 || vocab_size === undefined)
    throw new Problem(
      "invalid_option",
      `the shape of drafts must be [rows, vocab_size], got ${tensor.shape === undefined ? "none" : `[${tensor.shape.join(", ")}]`}`,
      "/shape",
    );
  requireVocabSize(vocab_size, context.limits, "/shape/1");
  const { batch_rows_max } = context.limits;
  if (expected > batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a batch may have at most ${batch_rows_max} rows (batch_rows_max), got ${expected}`,
      "/shape/0",
    );
  if (count !== expected)
    throw new Problem("length_mismatch", `the drafts need ${expected} rows, got ${count}`, "/shape/0");
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== expected))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${expected} objects, as the drafts need, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  const dtype = dtypeOf(tensor, head.source);
  return { dtype, vocab_size, row_bytes: vocab_size * DTYPES[dtype].bytes, sequences, rows };
}

/**
 * Opens binary drafts: a tensor of shape [rows, vocab_size] behind a JSON header, or with its options in the query string.
 * The rows of one sequence are in place together; those of the next take their places.
 */
import { Problem, show } from "../../errors.ts";
import { DTYPES, type Dtype, type Row } from "../../kernels/kernel.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { finishRows } from "../rows.ts";
import type { BodyForm, WireContext } from "../step-reader.ts";
import {
  dtypeOf,
  requireTensorBytes,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "../tensor/head.ts";
import { TensorRows } from "../tensor/rows.ts";
import { ownOptions, type Sequence, sequencesOf, type VerifyCall, type VerifyReader } from "./calls.ts";

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

/** A sequence whose rows are arriving. */
interface Arriving {
  /** undefined: it has a problem, and they are dropped */
  readonly rows: TensorRows | undefined;
  /** bytes of its rows that were not written yet */
  left: number;
}

export class VerifyTensor implements VerifyReader {
  readonly #head: TensorHead;
  readonly #many: boolean;
  readonly #context: WireContext;
  #plan: Plan | undefined;
  /** bytes that no sequence has yet */
  #pending = NOTHING;
  #received = 0;
  /** of the next sequence */
  #index = 0;
  #arriving: Arriving = { rows: undefined, left: 0 };

  constructor(source: TensorSource, many: boolean, context: WireContext) {
    this.#head = new TensorHead(source, context.limits);
    this.#many = many;
    this.#context = context;
  }

  get form(): BodyForm | undefined {
    return this.#plan?.dtype;
  }

  write(chunk: Uint8Array): void {
    // Before the header is read: where no row is free, nothing is spent on what it says.
    if (this.#plan === undefined) this.#context.lease();
    const bytes = this.#head.write(chunk);
    if (!this.#head.complete) return;
    this.#plan ??= planOf(this.#head, this.#many, this.#context);
    this.#received += bytes.length;
    this.#pending = bytes;
    this.#fill();
  }

  end(): void {
    this.#plan ??= planOf(this.#head, this.#many, this.#context);
    const { dtype, vocab_size, sequences } = this.#plan;
    requireTensorBytes([rowCount(sequences), vocab_size], dtype, this.#received);
  }

  next(): VerifyCall | Problem | undefined {
    this.#arriving = { rows: undefined, left: this.#arriving.left };
    this.#fill();
    const sequence = this.#plan?.sequences[this.#index];
    // What is left of the sequence before comes first.
    if (this.#plan === undefined || sequence === undefined || this.#arriving.left > 0) return undefined;
    this.#index += 1;
    this.#arriving.left = sequence.count * this.#plan.row_bytes;
    try {
      return this.#begin(sequence, this.#plan);
    } catch (error) {
      if (error instanceof Problem && this.#many && error.code !== "overloaded") return error;
      throw error;
    }
  }

  keep(): void {
    this.#pending = new Uint8Array(this.#pending); // `slice` of a Buffer copies nothing
    this.#arriving.rows?.keep();
  }

  #begin({ first, count, options: checked, place }: Sequence, plan: Plan): VerifyCall {
    const options = checked();
    const { method, draft_rows } = options.verification;
    const together = method.looksAhead || draft_rows !== "none";
    const [steps, step_rows] = together ? [1, count] : [count, 1];
    const { dtype, vocab_size } = plan;
    const own = ownOptions(plan.rows?.slice(first, first + count) ?? [], options);
    const rows = new TensorRows(this.#context.lease, { dtype, vocab_size, steps, step_rows });
    this.#arriving = { rows, left: this.#arriving.left };
    this.#fill();
    const rowAt = takenFrom(rows, options);
    const drafted = options.verification.draft_token_ids.length;
    const lengths = Array.from({ length: count }, () => vocab_size);
    const draft = (index: number) => rowAt(drafted + 1 + index);
    return { rows: { lengths, target: rowAt, draft, own }, options, place };
  }

  /** Gives the sequence that is arriving what belongs to it. */
  #fill(): void {
    const { rows, left } = this.#arriving;
    // What was used up may have been freed since.
    if (left === 0 || this.#pending.length === 0) return;
    const part = this.#pending.subarray(0, left);
    this.#pending = part.length === this.#pending.length ? NOTHING : this.#pending.subarray(part.length);
    this.#arriving.left = left - part.length;
    rows?.write(part);
  }
}

/** The rows of a tensor by their index, as far as they have come: all together, or one in the place of the one before. */
function takenFrom(tensor: TensorRows, options: StepOptions): (index: number) => Row | undefined {
  const together = tensor.rows.length;
  let taken = 0;
  return (index) => {
    while (index >= taken) {
      if (!tensor.next()) return undefined;
      finishRows(tensor.rows, options);
      taken += together;
    }
    return tensor.rows[index % together];
  };
}

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

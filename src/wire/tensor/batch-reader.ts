/**
 * Opens binary batches: a tensor of shape [rows, vocab_size] behind a JSON header, or with its options in the query
 * string. The rows take turns in one leased row; each step is ready as soon as its last byte is there, so that a
 * batch of any size needs the memory of one row.
 */
import { assert, Problem, show } from "../../errors.ts";
import { DTYPE_BYTES, type Dtype, type Row } from "../../kernels/kernel.ts";
import { isRecord } from "../../sampling/options/parse.ts";
import { finishRow } from "../rows.ts";
import { requireKnown, rowProblem, SharedOptions } from "../shared-options.ts";
import type { BodyForm, Step, StepReader, WireContext } from "../step-reader.ts";
import {
  dtypeOf,
  type Fields,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "./head.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** What the header says. */
interface Plan {
  readonly dtype: Dtype;
  readonly row_count: number;
  readonly vocab_size: number;
  readonly row_bytes: number;
  readonly shared: Fields;
  /** options of each row; undefined: none has any */
  readonly rows: readonly unknown[] | undefined;
  readonly row: Row;
  readonly options: SharedOptions;
}

export function openBatchTensor(source: TensorSource, context: WireContext): StepReader {
  return new BatchTensor(new TensorHead(source, context.limits), context);
}

class BatchTensor implements StepReader {
  readonly #head: TensorHead;
  readonly #context: WireContext;
  #plan: Plan | undefined;
  /** bytes of the chunk that are not in a row yet */
  #pending = NOTHING;
  #tensor_bytes = 0;
  #index = 0;
  /** bytes of the row that is arriving */
  #row_received = 0;

  constructor(head: TensorHead, context: WireContext) {
    this.#head = head;
    this.#context = context;
  }

  get form(): BodyForm | undefined {
    return this.#plan?.dtype;
  }

  write(chunk: Uint8Array): void {
    assert(this.#pending.length === 0, "every step of a chunk is taken before the next chunk is written");
    // Before the header is read: where no row is free, nothing is spent on what it says.
    if (this.#plan === undefined) this.#context.lease();
    const bytes = this.#head.write(chunk);
    if (!this.#head.complete) return;
    const plan = this.#planned();
    this.#tensor_bytes += bytes.length;
    if (this.#index < plan.row_count) this.#pending = bytes;
  }

  end(): void {
    requireBytes(this.#tensor_bytes, this.#planned());
  }

  next(): Step | Problem | undefined {
    if (this.#pending.length === 0) return undefined;
    const plan = this.#planned();
    if (this.#row_received === 0) plan.row.begin(plan.dtype);
    const taken = Math.min(this.#pending.length, plan.row_bytes - this.#row_received);
    plan.row.append(this.#pending.subarray(0, taken));
    this.#pending = this.#pending.subarray(taken);
    this.#row_received += taken;
    if (this.#row_received < plan.row_bytes) return undefined;
    this.#row_received = 0;
    const step = stepAt(this.#index, plan);
    this.#index += 1;
    if (this.#index === plan.row_count) this.#pending = NOTHING;
    return step;
  }

  #planned(): Plan {
    this.#plan ??= planOf(this.#head, this.#context);
    return this.#plan;
  }
}

function stepAt(index: number, plan: Plan): Step | Problem {
  const given = plan.rows === undefined ? {} : plan.rows[index];
  const own = isRecord(given) ? given : {};
  try {
    if (!isRecord(given)) throw new Problem("invalid_option", `a row must be an object, got ${show(given)}`);
    const options = plan.options.of(own);
    const row = finishRow(plan.row, options);
    return { row, options, place: (problem) => rowProblem(problem, index, own, plan.shared) };
  } catch (error) {
    return rowProblem(error, index, own, plan.shared);
  }
}

/** All that the header says of the batch as a whole is checked before the first element is taken. */
function planOf(head: TensorHead, context: WireContext): Plan {
  const [tensor, { rows, ...shared }] = tensorFields(head.fields);
  const [row_count, vocab_size] = batchShape(tensor.shape, context);
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== row_count))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${row_count} objects, as shape says, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  requireKnown(shared, context.limits.options);
  const dtype = dtypeOf(tensor, head.source);
  const row_bytes = vocab_size * DTYPE_BYTES[dtype];
  const options = new SharedOptions(shared, context.limits.options);
  return { dtype, row_count, vocab_size, row_bytes, shared, rows, row: context.lease(), options };
}

function batchShape(shape: readonly number[] | undefined, { limits }: WireContext): [number, number] {
  const [row_count, vocab_size] = shape ?? [];
  if (shape?.length !== 2 || row_count === undefined || vocab_size === undefined)
    throw new Problem(
      "invalid_option",
      `the shape of a batch must be [rows, vocab_size], got ${shape === undefined ? "none" : `[${shape.join(", ")}]`}`,
      "/shape",
    );
  requireVocabSize(vocab_size, limits, "/shape/1");
  if (row_count > limits.batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a batch may have at most ${limits.batch_rows_max} rows (batch_rows_max), got ${row_count}`,
      "/shape/0",
    );
  return [row_count, vocab_size];
}

function requireBytes(received: number, { dtype, row_count, vocab_size, row_bytes }: Plan): void {
  const expected = row_count * row_bytes;
  if (received !== expected)
    throw new Problem(
      "length_mismatch",
      `shape [${row_count}, ${vocab_size}] of ${dtype} needs ${expected} bytes, got ${received}`,
      "/shape",
    );
}

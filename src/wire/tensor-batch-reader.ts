/**
 * Opens binary batches: a tensor of shape [rows, vocab_size] behind a JSON header, or with its options in the query
 * string. The rows take turns in one leased row; each step is ready as soon as its last byte is there, so that a
 * batch of any size needs the memory of one row.
 */
import { assert, Problem } from "../errors.ts";
import { DTYPE_BYTES, type Row } from "../kernels/kernel.ts";
import { show } from "../sampling/fields.ts";
import { isRecord } from "../sampling/parse.ts";
import { mergeStepOptions, parseStepOptions } from "../sampling/step-options.ts";
import type { TensorFields } from "../schemas/tensor.ts";
import { finishRow } from "./rows.ts";
import { requireKnown, rowProblem } from "./shared-options.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";
import { type Fields, requireVocabSize, TensorHead, type TensorSource, tensorFields } from "./tensor-head.ts";

/** What the header says. */
interface Plan {
  readonly dtype: TensorFields["dtype"];
  readonly row_count: number;
  readonly vocab_size: number;
  readonly row_bytes: number;
  readonly shared: Fields;
  /** options of each row; undefined: none has any */
  readonly rows: readonly unknown[] | undefined;
  readonly row: Row;
}

export function openBatchTensor(source: TensorSource, context: WireContext): StepReader {
  const head = new TensorHead(source, context.limits);
  let plan: Plan | undefined;
  let pending: Uint8Array = new Uint8Array(0);
  let tensor_bytes = 0;
  let index = 0;
  let row_received = 0;
  return {
    get form() {
      return plan?.dtype;
    },
    write(chunk) {
      assert(pending.length === 0, "every step of a chunk is taken before the next chunk is written");
      const bytes = head.write(chunk);
      if (!head.complete) return;
      plan ??= planOf(head, context);
      tensor_bytes += bytes.length;
      if (index < plan.row_count) pending = bytes;
    },
    end() {
      plan ??= planOf(head, context);
      requireBytes(tensor_bytes, plan);
    },
    next() {
      if (plan === undefined || pending.length === 0) return undefined;
      if (row_received === 0) plan.row.begin(plan.dtype);
      const taken = Math.min(pending.length, plan.row_bytes - row_received);
      plan.row.append(pending.subarray(0, taken));
      pending = pending.subarray(taken);
      row_received += taken;
      if (row_received < plan.row_bytes) return undefined;
      row_received = 0;
      const step = stepAt(index, plan, context);
      index += 1;
      if (index === plan.row_count) pending = pending.subarray(pending.length);
      return step;
    },
  };
}

function stepAt(index: number, plan: Plan, context: WireContext): Step | Problem {
  const given = plan.rows?.[index] ?? {};
  const own = isRecord(given) ? given : {};
  try {
    if (!isRecord(given)) throw new Problem("invalid_option", `a row must be an object, got ${show(given)}`);
    const options = parseStepOptions(mergeStepOptions(plan.shared, own), context.limits.options);
    const row = finishRow(plan.row, options);
    return { row, options, place: (problem) => rowProblem(problem, index, own, plan.shared) };
  } catch (error) {
    return rowProblem(error, index, own, plan.shared);
  }
}

/** All that the header says of the batch as a whole is checked before the first element is taken. */
function planOf(head: TensorHead, context: WireContext): Plan {
  const [{ dtype, shape }, { rows, ...shared }] = tensorFields(head.fields);
  const [row_count, vocab_size] = batchShape(shape, context);
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== row_count))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${row_count} objects, as shape says, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  requireKnown(shared, context.limits.options);
  const row_bytes = vocab_size * DTYPE_BYTES[dtype];
  return { dtype, row_count, vocab_size, row_bytes, shared, rows, row: context.lease() };
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
      `a batch may have at most ${limits.batch_rows_max} rows, got ${row_count}`,
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

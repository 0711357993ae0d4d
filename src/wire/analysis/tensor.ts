/**
 * Opens binary bodies of the analysis endpoints: one row alone, or a tensor of shape [rows, classes]. The rows take turns
 * in one leased row, each ready as soon as its last byte is there: a tensor of any size needs the memory of one row.
 */
import { assert, Problem } from "../../errors.ts";
import { DTYPE_BYTES, type Dtype, type Row } from "../../kernels/kernel.ts";
import { requireWhole, rowTooLong } from "../rows.ts";
import type { WireContext } from "../step-reader.ts";
import { dtypeOf, requireVocabSize, TensorHead, type TensorSource, tensorFields } from "../tensor/head.ts";
import {
  type AnalysisHead,
  type AnalysisReader,
  type AnalysisRow,
  placeOf,
  type RowFields,
  requireTargetsFit,
  rowFields,
  VALUES_EXPECTED_MAX,
  withoutPadding,
} from "./reader.ts";

/** What the header says. */
interface Plan {
  readonly head: AnalysisHead;
  readonly fields: RowFields;
  readonly dtype: Dtype;
  readonly shape: readonly number[] | undefined;
  readonly rows: number;
  /** Infinity when one row of any length may come */
  readonly row_bytes: number;
  readonly row: Row;
}

export function openAnalysisTensor(source: TensorSource, context: WireContext): AnalysisReader {
  const tensor_head = new TensorHead(source, context.limits);
  let plan: Plan | undefined;
  let pending: Uint8Array = new Uint8Array(0);
  let tensor_bytes = 0;
  let row_received = 0;
  let index = 0;
  let ended = false;
  return {
    get head() {
      return plan?.head;
    },
    get form() {
      return plan?.dtype;
    },
    write(chunk) {
      assert(pending.length === 0, "every row of a chunk is taken before the next chunk is written");
      const bytes = tensor_head.write(chunk);
      if (!tensor_head.complete) return;
      plan ??= planOf(tensor_head, context);
      tensor_bytes += bytes.length;
      if (index < plan.rows) pending = bytes;
    },
    end() {
      plan ??= planOf(tensor_head, context);
      requireBytes(tensor_bytes, plan);
      ended = true;
    },
    next() {
      if (plan === undefined || index >= plan.rows) return undefined;
      if (row_received === 0) plan.row.begin(plan.dtype);
      const taken = Math.min(pending.length, plan.row_bytes - row_received);
      if (!plan.row.append(pending.subarray(0, taken))) throw rowTooLong(plan.row, "");
      pending = pending.subarray(taken);
      row_received += taken;
      if (row_received < plan.row_bytes && !(ended && plan.row_bytes === Number.POSITIVE_INFINITY))
        return undefined;
      row_received = 0;
      index += 1;
      if (index === plan.rows) pending = pending.subarray(pending.length);
      return rowOf(plan, index - 1);
    },
  };
}

function rowOf({ head, fields, row }: Plan, index: number): AnalysisRow {
  const place = placeOf(index, head.single, fields.targets !== undefined);
  const target = head.single ? fields.target : fields.targets?.[index];
  return { values: withoutPadding(row.values.subarray(0, row.length), fields.vocab_size), target, place };
}

/** All that the header says is checked before the first element is taken. */
function planOf(tensor_head: TensorHead, context: WireContext): Plan {
  const [tensor, rest] = tensorFields(tensor_head.fields);
  const { shape } = tensor;
  const fields = rowFields(rest);
  const single = shape === undefined || shape.length === 1;
  const rows = single ? 1 : rowsOf(shape, context);
  if (shape !== undefined) requireVocabSize(shape.at(-1) ?? 0, context.limits, `/shape/${shape.length - 1}`);
  requireTargetsFit(fields, single, rows);
  const dtype = dtypeOf(tensor, tensor_head.source);
  const row_bytes = shape === undefined ? Number.POSITIVE_INFINITY : (shape.at(-1) ?? 0) * DTYPE_BYTES[dtype];
  return {
    head: { options: fields.options, single, values_expected: valuesExpected(shape) },
    fields,
    dtype,
    shape,
    rows,
    row_bytes,
    row: context.lease(),
  };
}

function valuesExpected(shape: readonly number[] = []): number {
  return Math.min(
    VALUES_EXPECTED_MAX,
    shape.reduce((product, length) => product * length, shape.length === 0 ? 0 : 1),
  );
}

function rowsOf(shape: readonly number[], { limits }: WireContext): number {
  const [rows] = shape;
  if (shape.length !== 2 || rows === undefined)
    throw new Problem(
      "invalid_option",
      `the shape must be [classes] for one row or [rows, classes] for many, got [${shape.join(", ")}]`,
      "/shape",
    );
  if (rows > limits.batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a request may have at most ${limits.batch_rows_max} rows (analysis_rows_max), got ${rows}`,
      "/shape/0",
    );
  return rows;
}

function requireBytes(received: number, { dtype, shape, rows, row_bytes }: Plan): void {
  if (shape === undefined) {
    requireWhole(received, dtype, "");
    return;
  }
  if (received === rows * row_bytes) return;
  throw new Problem(
    "length_mismatch",
    `shape [${shape.join(", ")}] of ${dtype} needs ${rows * row_bytes} bytes, got ${received}`,
    "/shape",
  );
}

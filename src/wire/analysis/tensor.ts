/**
 * Opens binary bodies of the analysis endpoints: one row alone, or a tensor of shape [rows, classes]. Each row is ready
 * as soon as its last byte is there: a tensor of any size needs the memory of one row.
 */
import { Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import { requireWhole } from "../rows.ts";
import type { WireContext } from "../step-reader.ts";
import {
  dtypeOf,
  requireTensorBytes,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "../tensor/head.ts";
import { type RowsOf, TensorRows } from "../tensor/rows.ts";
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
  readonly shape: readonly number[] | undefined;
  readonly of: RowsOf;
  readonly tensor: TensorRows;
}

export function openAnalysisTensor(source: TensorSource, context: WireContext): AnalysisReader {
  const tensor_head = new TensorHead(source, context.limits);
  let plan: Plan | undefined;
  let index = 0;
  return {
    get head() {
      return plan?.head;
    },
    get form() {
      return plan?.of.dtype;
    },
    write(chunk) {
      const bytes = tensor_head.write(chunk);
      if (!tensor_head.complete) return;
      plan ??= planOf(tensor_head, context);
      plan.tensor.write(bytes);
    },
    end() {
      plan ??= planOf(tensor_head, context);
      requireBytes(plan);
      plan.tensor.end();
    },
    next() {
      if (plan === undefined || !plan.tensor.next()) return undefined;
      index += 1;
      return rowOf(plan, index - 1);
    },
  };
}

function rowOf({ head, fields, tensor }: Plan, index: number): AnalysisRow {
  const [row] = tensor.rows as readonly [Row]; // a step of these tensors is one row
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
  const of: RowsOf = {
    dtype: dtypeOf(tensor, tensor_head.source),
    steps: rows,
    step_rows: 1,
    vocab_size: shape?.at(-1) ?? Number.POSITIVE_INFINITY,
  };
  return {
    head: { options: fields.options, single, values_expected: valuesExpected(shape) },
    fields,
    shape,
    of,
    tensor: new TensorRows(context.lease, of),
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

function requireBytes({ shape, of: { dtype }, tensor: { received_bytes } }: Plan): void {
  if (shape === undefined) requireWhole(received_bytes, dtype, "");
  else requireTensorBytes(shape, dtype, received_bytes);
}

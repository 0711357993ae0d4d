/**
 * Opens binary bodies of the analysis endpoints: a single row, or a tensor of shape [rows, classes]. Each row is ready
 * with its last byte, so a tensor of any size needs the memory of one row.
 */
import { Problem } from "../../errors.ts";
import type { Row } from "../../kernels/kernel.ts";
import { requireWhole } from "../rows.ts";
import { RowsBody, type RowsKind } from "../rows-body.ts";
import type { WireContext } from "../step-reader.ts";
import {
  encodingOf,
  requireTensorBytes,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "../tensor/head.ts";
import { type RowsOf, TensorRows } from "../tensor/rows.ts";
import {
  type AnalysisPlan,
  type AnalysisReader,
  type AnalysisRow,
  placeOf,
  requireTargetsFit,
  rowFields,
  VALUES_EXPECTED_MAX,
  withoutPadding,
} from "./reader.ts";

/** The fields of the header. */
interface Plan extends AnalysisPlan {
  readonly shape: readonly number[] | undefined;
  readonly of: RowsOf;
}

type Kind = RowsKind<TensorHead, Plan, TensorRows, AnalysisRow>;

const ANALYSIS_TENSOR: Kind = {
  plan: planOf,
  rows: ({ of, shape }, { lease }) =>
    new TensorRows(lease, of, (received) => {
      if (shape === undefined) requireWhole(received, of.encoding, "");
      else requireTensorBytes(shape, of.encoding, received);
    }),
  item: rowOf,
};

export function openAnalysisTensor(source: TensorSource, context: WireContext): AnalysisReader {
  return new RowsBody(ANALYSIS_TENSOR, new TensorHead(source, context.limits), context);
}

function rowOf({ head, fields }: Plan, tensor: TensorRows, index: number): AnalysisRow {
  const [row] = tensor.rows as readonly [Row]; // a step of these tensors is one row
  const place = placeOf(index, head.single, fields.targets !== undefined);
  const target = head.single ? fields.target : fields.targets?.[index];
  return { values: withoutPadding(row.values.subarray(0, row.length), fields.vocab_size), target, place };
}

/** The whole header is checked before the first element is read. */
function planOf(tensor_head: TensorHead, context: WireContext): Plan {
  const [tensor, rest] = tensorFields(tensor_head.fields);
  const { shape } = tensor;
  const fields = rowFields(rest);
  const single = shape === undefined || shape.length === 1;
  const rows = single ? 1 : rowsOf(shape, context);
  if (shape !== undefined) requireVocabSize(shape.at(-1) ?? 0, context.limits, `/shape/${shape.length - 1}`);
  requireTargetsFit(fields, single, rows);
  const of: RowsOf = {
    encoding: encodingOf(tensor, tensor_head.source),
    steps: rows,
    step_rows: 1,
    vocab_size: shape?.at(-1) ?? Number.POSITIVE_INFINITY,
  };
  return {
    head: { options: fields.options, single, values_expected: valuesExpected(shape) },
    fields,
    shape,
    of,
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

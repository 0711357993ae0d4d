/**
 * Bodies of one step: elements alone or after a JSON header, or JSON. Numbers go directly into leased rows, so
 * nothing is left to copy after the last byte.
 */
import { Problem } from "../errors.ts";
import { requireSources } from "../sampling/combine/combination.ts";
import { parseWith } from "../sampling/options/parse.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import { LIST_OPTIONS } from "../schemas/options.ts";
import { SPARSE_TENSOR, type SparseFields, type TensorFields } from "../schemas/tensor.ts";
import { type ArrivedStep, rowsOf, stepTargets } from "./json-rows.ts";
import { fieldsOf, JsonHead, KeptRows } from "./kept-rows.ts";
import { parseQuery } from "./query.ts";
import { REMEMBERED_LENGTH_MAX } from "./remembered.ts";
import { formsOf, type JsonPlan } from "./row-forms.ts";
import type { BodyHead } from "./row-source.ts";
import { elementsOfRows, requireFullUnits, requireWholeRows } from "./rows.ts";
import { RowsBody, type RowsKind } from "./rows-body.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";
import {
  encodingOf,
  type Fields,
  headerFields,
  requireVocabSize,
  type StepPlan,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "./tensor/head.ts";
import { OneRow, requireLength, type StepRows } from "./tensor/one-row.ts";
import { TensorRows } from "./tensor/rows.ts";
import { SparseTensor } from "./tensor/sparse.ts";

/** A body that is a bare tensor. `query` is the text of the query string. */
export function openBareTensor(query: string, context: WireContext): StepReader {
  return new RowsBody(STEP_TENSOR, new QueryHead(query), context);
}

export function openStepTensor(source: TensorSource, context: WireContext): StepReader {
  return new RowsBody(STEP_TENSOR, new TensorHead(source, context.limits), context);
}

export function openStepJson(context: WireContext): StepReader {
  const arrived: ArrivedStep = { rows: [] };
  const targets = stepTargets(context, arrived, (problem) => {
    throw problem;
  });
  return new RowsBody(STEP_JSON, new JsonHead("step", context.limits, arrived, targets), context);
}

/** The text of a query string, which is known before the body. */
class QueryHead implements BodyHead {
  readonly complete = true;
  readonly parks = false;
  readonly query: string;

  constructor(query: string) {
    this.query = query;
  }

  write(): never {
    throw new Error("a head that is complete takes no bytes");
  }
}

const STEP_TENSOR: RowsKind<TensorHead | QueryHead, StepPlan, StepRows, Step> = {
  plan: planned,
  rows({ tensor, sparse }, { lease }) {
    const { encoding, shape = [], step_rows } = tensor;
    if (sparse !== undefined) return new SparseTensor(sparse, encoding, lease());
    if (step_rows === 1) return new OneRow(tensor, lease());
    const of = { encoding, steps: 1, step_rows, vocab_size: shape.at(-1) ?? 0 };
    return new TensorRows(lease, of, (received) => {
      requireWholeRows(received, step_rows, encoding, "");
      requireLength(elementsOfRows(received, step_rows, encoding), shape);
    });
  },
  item: ({ options }, rows) => ({ rows: rows.finish(options), options }),
};

const STEP_JSON: RowsKind<JsonHead<ArrivedStep>, JsonPlan, KeptRows<ArrivedStep>, Step> = {
  plan(head, context) {
    const { text } = head;
    const remembered = context.parse === undefined ? context.remembered : undefined;
    if (remembered === undefined || text.length > REMEMBERED_LENGTH_MAX)
      return planOfJson(head.fieldsOf(text), context);
    return remembered.body.of(text, (each) => planOfJson(fieldsOf(each), context));
  },
  rows: (_plan, _context, { kept }) => new KeptRows(kept, 1),
  item: (plan, { kept }, _index, context) => ({
    rows: rowsOf(plan, kept, plan.options, context),
    options: plan.options,
  }),
};

function planOfJson(step: Fields, { limits, parse = parseStepOptions }: WireContext): JsonPlan {
  const { fields, ...forms } = formsOf(step);
  return { options: parse(fields, limits.options), ...forms };
}

const BARE: TensorSource = { header_bytes: undefined, query: {} };

/** The plan of a header or query string; repeated ones are cached. */
function planned(head: TensorHead | QueryHead, context: WireContext): StepPlan {
  const { remembered, parse, limits } = context;
  if (head instanceof QueryHead) {
    const make = (text: string) => planOf(parseQuery(text, LIST_OPTIONS), BARE, context);
    return remembered?.query.of(head.query, make) ?? make(head.query);
  }
  const { source } = head;
  const text = remembered === undefined || parse !== undefined ? undefined : head.text;
  if (remembered === undefined || text === undefined) return planOf(head.fields, source, context);
  return remembered.header.of(text, (each) => planOf(headerFields(each, limits), source, context));
}

/** The whole header is checked before the first element is read. */
function planOf({ sparse, ...dense }: Fields, source: TensorSource, context: WireContext): StepPlan {
  const [described, fields] = tensorFields(dense);
  const { shape } = described;
  const step_rows = shape === undefined ? 1 : stepRows(shape, context);
  const listed = sparse === undefined ? undefined : sparseFields(sparse, shape, context);
  const encoding = encodingOf(described, source);
  if (listed !== undefined) requireFullUnits(encoding, listed.count, "/sparse/count");
  const { limits, parse = parseStepOptions } = context;
  const options = parse(fields, limits.options);
  if (context.parse === undefined) requireSources(step_rows, options);
  return { tensor: { encoding, shape, step_rows }, sparse: listed, options };
}

function sparseFields(sparse: unknown, shape: TensorFields["shape"], { limits }: WireContext): SparseFields {
  const fields = parseWith(SPARSE_TENSOR, sparse, "/sparse");
  if (shape !== undefined)
    throw new Problem(
      "option_conflict",
      "sparse and shape exclude each other: count tells the size",
      "/shape",
    );
  requireVocabSize(fields.count, limits, "/sparse/count");
  return fields;
}

/** The number of rows of a step with this shape. */
function stepRows(
  shape: readonly number[],
  { limits, step_rows_max = limits.options.sources_max }: WireContext,
): number {
  const [rows, vocab_size] = shape.length === 1 ? [1, shape[0]] : shape;
  if (shape.length > 2 || rows === undefined || vocab_size === undefined || rows > step_rows_max)
    throw new Problem(
      "invalid_option",
      `the shape of one step must be [vocab_size] or ${rowsOfShape(step_rows_max)}, got [${shape.join(", ")}]`,
      "/shape",
    );
  requireVocabSize(vocab_size, limits, "/shape");
  return rows;
}

function rowsOfShape(step_rows_max: number): string {
  return step_rows_max === 1 ? "[1, vocab_size]" : `[rows, vocab_size] with at most ${step_rows_max} rows`;
}

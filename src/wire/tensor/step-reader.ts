/**
 * Opens binary bodies of one step: little-endian elements, alone or behind a JSON header. Chunks go straight into
 * leased rows, so that nothing is left to copy when the last byte is there.
 */
import { assert, Problem } from "../../errors.ts";
import { DTYPES, type Dtype, type Row } from "../../kernels/kernel.ts";
import { requireSources } from "../../sampling/combine/combination.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import { parseStepOptions } from "../../sampling/options/step-options.ts";
import type { SparseRow } from "../../sampling/rows.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { LIST_OPTIONS } from "../../schemas/options.ts";
import { SPARSE_TENSOR, type SparseFields, type TensorFields } from "../../schemas/tensor.ts";
import { parseQuery } from "../query.ts";
import { finishRow, finishRows, requireWhole, rowTooLong } from "../rows.ts";
import type { BodyForm, Step, StepReader, WireContext } from "../step-reader.ts";
import {
  dtypeOf,
  type Fields,
  headerFields,
  requireVocabSize,
  type StepPlan,
  type Tensor,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "./head.ts";
import { TensorRows } from "./rows.ts";
import { SparseTensor } from "./sparse.ts";

/** Rows that are arriving, and what their step will be. */
interface Arriving {
  readonly form: BodyForm;
  /** the only row, which takes what comes as it is */
  readonly into: Row | undefined;
  write(bytes: Uint8Array): void;
  /** All bytes are there. */
  end(): void;
  step(): Step;
}

const BARE: TensorSource = { header_bytes: undefined, query: {} };

/** A body that is nothing but a tensor. `query` is the text of the query string. */
export function openBareTensor(query: string, context: WireContext): StepReader {
  const make = (text: string) => planOf(parseQuery(text, LIST_OPTIONS), BARE, context);
  const plan = context.remembered?.query.of(query, make) ?? make(query);
  return new StepTensor(plan, context);
}

export function openStepTensor(source: TensorSource, context: WireContext): StepReader {
  return new StepTensor(new TensorHead(source, context.limits), context);
}

/** A class, since each object literal with a getter gets a shape of its own: 6 kB that only a full collection frees. */
class StepTensor implements StepReader {
  form: BodyForm | undefined = undefined;
  into: Row | undefined = undefined;
  /** what stands before the tensor, or what was said of it elsewhere */
  readonly #said: TensorHead | StepPlan;
  readonly #context: WireContext;
  #arriving: Arriving | undefined;
  #ready = false;

  constructor(said: TensorHead | StepPlan, context: WireContext) {
    this.#said = said;
    this.#context = context;
  }

  write(chunk: Uint8Array): void {
    if (this.#arriving !== undefined) {
      this.#arriving.write(chunk);
      return;
    }
    const said = this.#said;
    if (!(said instanceof TensorHead)) {
      this.#begin().write(chunk);
      return;
    }
    // Before the header is read: where no row is free, nothing is spent on what it says.
    this.#context.lease();
    const bytes = said.write(chunk);
    if (said.complete) this.#begin().write(bytes);
  }

  end(): void {
    const arriving = this.#arriving ?? this.#begin();
    arriving.end();
    this.#ready = true;
  }

  next(): Step | undefined {
    if (!this.#ready) return undefined;
    this.#ready = false;
    return this.#arriving?.step();
  }

  /** The header is there, or there is none. */
  #begin(): Arriving {
    const said = this.#said;
    const plan = said instanceof TensorHead ? this.#planned(said) : said;
    const arriving = begin(plan, this.#context);
    this.#arriving = arriving;
    this.form = arriving.form;
    this.into = arriving.into;
    return arriving;
  }

  #planned(head: TensorHead): StepPlan {
    const { remembered, parse, limits } = this.#context;
    const { source } = head;
    const text = remembered === undefined || parse !== undefined ? undefined : head.text;
    if (remembered === undefined || text === undefined) return planOf(head.fields, source, this.#context);
    return remembered.header.of(text, (each) => planOf(headerFields(each, limits), source, this.#context));
  }
}

/** All that the header says is checked before the first element is taken. */
function planOf({ sparse, ...dense }: Fields, source: TensorSource, context: WireContext): StepPlan {
  const [described, fields] = tensorFields(dense);
  const { shape } = described;
  const step_rows = shape === undefined ? 1 : stepRows(shape, context);
  const listed = sparse === undefined ? undefined : sparseFields(sparse, shape, context);
  const { limits, parse = parseStepOptions } = context;
  const options = parse(fields, limits.options);
  if (context.parse === undefined) requireSources(step_rows, options);
  return { tensor: { dtype: dtypeOf(described, source), shape, step_rows }, sparse: listed, options };
}

function begin({ tensor, sparse, options }: StepPlan, context: WireContext): Arriving {
  if (sparse !== undefined)
    return sparseArriving(new SparseTensor(sparse, tensor.dtype, context.lease()), options);
  return tensor.step_rows === 1
    ? new OneRow(tensor, options, context)
    : severalRows(tensor, options, context);
}

/** Most steps are one row. It may be longer than its shape says, and is told by how much. */
class OneRow implements Arriving {
  readonly form: Dtype;
  readonly into: Row;
  readonly #shape: TensorFields["shape"];
  readonly #options: StepOptions;

  constructor({ dtype, shape }: Tensor, options: StepOptions, { lease }: WireContext) {
    this.form = dtype;
    this.into = lease();
    this.#shape = shape;
    this.#options = options;
    this.into.begin(dtype);
  }

  write(bytes: Uint8Array): void {
    if (!this.into.append(bytes)) throw rowTooLong(this.into, "");
  }

  end(): void {
    const { length, odd_bytes } = this.into;
    if (odd_bytes > 0) requireWhole(length * DTYPES[this.form].bytes + odd_bytes, this.form, "");
    if (this.#shape !== undefined) requireLength(length, this.#shape);
  }

  step(): Step {
    return { rows: [finishRow(this.into, this.#options)], options: this.#options };
  }
}

function severalRows(
  { dtype, shape = [], step_rows }: Tensor,
  options: StepOptions,
  context: WireContext,
): Arriving {
  const of = { dtype, steps: 1, step_rows, vocab_size: shape.at(-1) ?? 0 };
  const rows = new TensorRows(context.lease, of);
  return {
    form: dtype,
    into: undefined,
    write: (bytes) => rows.write(bytes),
    end() {
      requireWhole(rows.received_bytes, dtype, "");
      requireLength(rows.received_bytes / DTYPES[dtype].bytes, shape);
      rows.end();
    },
    step() {
      const is_ready = rows.next();
      assert(is_ready, "a body that ended well has its rows");
      return { rows: finishRows(rows.rows, options), options };
    },
  };
}

function sparseArriving(tensor: SparseTensor, options: StepOptions): Arriving {
  let row: SparseRow | undefined;
  return {
    form: "sparse",
    into: undefined,
    write: (bytes) => tensor.write(bytes),
    end() {
      row = tensor.finish(options);
    },
    step() {
      assert(row !== undefined, "a step is taken after the end");
      return { rows: [row], options };
    },
  };
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

/** How many rows a step of this shape has. */
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

function requireLength(length: number, shape: readonly number[]): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (length !== elements)
    throw new Problem(
      "length_mismatch",
      `shape [${shape.join(", ")}] needs ${elements} elements, got ${length}`,
      "/shape",
    );
}

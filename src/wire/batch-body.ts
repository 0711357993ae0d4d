/**
 * Batches: many steps in one body. The options of each row are merged over the shared ones. In a tensor of shape
 * [rows, vocab_size] or [rows, sources, vocab_size] each step is ready with its last byte, so a batch of any size
 * needs the memory of one step. In JSON, options may come after the rows, so the rows are kept.
 */
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { requireSources } from "../sampling/combine/combination.ts";
import { type ArrivedStep, keptTargets, rowsOf } from "./json-rows.ts";
import { JsonHead, KeptRows } from "./kept-rows.ts";
import { formsOf } from "./row-forms.ts";
import { RowsBody, type RowsKind } from "./rows-body.ts";
import { requireKnown, rowProblem, SharedOptions } from "./shared-options.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";
import {
  encodingOf,
  type Fields,
  requireTensorBytes,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "./tensor/head.ts";
import { type RowsOf, TensorRows } from "./tensor/rows.ts";

/** The fields of a batch, without the numbers of its rows. */
export interface BatchPlan {
  readonly shared: Fields;
  /** the options of each row; undefined: no row has its own */
  readonly rows: readonly unknown[] | undefined;
  readonly options: SharedOptions;
}

export interface BatchTensorPlan extends BatchPlan {
  readonly of: RowsOf;
  /** without the sources of a step that has one */
  readonly shape: readonly number[];
}

export const BATCH_TENSOR: RowsKind<TensorHead, BatchTensorPlan, TensorRows, Step | Problem> = {
  plan: (head, context) => planOfTensor(head.fields, head.source, context),
  rows: ({ of, shape }, { lease }) =>
    new TensorRows(lease, of, (received) => requireTensorBytes(shape, of.encoding, received)),
  item: (plan, tensor, index) =>
    stepAt(plan, index, "an object", (own) => {
      const options = plan.options.of(own);
      requireSources(plan.of.step_rows, options);
      return { rows: tensor.finish(options), options };
    }),
};

export const BATCH_JSON: RowsKind<
  JsonHead<ArrivedStep[]>,
  BatchPlan,
  KeptRows<ArrivedStep[]>,
  Step | Problem
> = {
  plan: ({ fields }, context) => planOfJson(fields, context),
  rows: ({ rows }, _context, { kept }) => new KeptRows(kept, rows?.length ?? 0),
  item(plan, { kept }, index, context) {
    const arrived = kept[index] ?? { rows: [] };
    delete kept[index];
    return stepAt(plan, index, "an object with logits", (own) => {
      if (arrived.problem !== undefined) throw arrived.problem;
      const { fields, ...forms } = formsOf(own);
      const options = plan.options.of(fields);
      return { rows: rowsOf(forms, arrived, options, context), options };
    });
  },
};

export function openBatchTensor(source: TensorSource, context: WireContext): StepReader {
  return new RowsBody(BATCH_TENSOR, new TensorHead(source, context.limits), context);
}

export function openBatchJson(context: WireContext): StepReader {
  const arrived: ArrivedStep[] = [];
  const head = new JsonHead("batch", context.limits, arrived, keptTargets(context, arrived));
  return new RowsBody(BATCH_JSON, head, context);
}

/** Step `index`, made by `make` from the row's own options, or the problem of that row. */
function stepAt(
  { shared, rows }: BatchPlan,
  index: number,
  what: string,
  make: (own: Fields) => Step,
): Step | Problem {
  const given = rows === undefined ? {} : rows[index];
  const own = isRecord(given) ? given : {};
  const place = (problem: unknown) => rowProblem(problem, index, own, shared);
  try {
    if (!isRecord(given)) throw new Problem("invalid_option", `a row must be ${what}, got ${show(given)}`);
    return { ...make(own), place };
  } catch (error) {
    return place(error);
  }
}

/** The fields of a JSON batch, without its rows. */
export function planOfJson({ rows, ...shared }: Fields, context: WireContext): BatchPlan {
  if (!Array.isArray(rows) || rows.length === 0)
    throw new Problem(
      "invalid_option",
      `rows must be an array of at least one step, got ${show(rows)}`,
      "/rows",
    );
  if ("logits" in shared)
    throw new Problem("unknown_option", "each row of a batch has its own logits", "/logits");
  return batchPlan(shared, rows, context);
}

/** The header's fields about the whole batch are checked before the first element is read. */
export function planOfTensor(fields: Fields, source: TensorSource, context: WireContext): BatchTensorPlan {
  const [tensor, { rows, ...shared }] = tensorFields(fields);
  const { steps, step_rows, vocab_size } = batchShape(tensor.shape, context);
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== steps))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${steps} objects, as shape says, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  const plan = batchPlan(shared, rows, context);
  const shape = step_rows === 1 ? [steps, vocab_size] : [steps, step_rows, vocab_size];
  return { ...plan, shape, of: { encoding: encodingOf(tensor, source), steps, step_rows, vocab_size } };
}

function batchPlan(
  shared: Fields,
  rows: readonly unknown[] | undefined,
  { limits, parse }: WireContext,
): BatchPlan {
  requireKnown(shared, limits.options, parse);
  return { shared, rows, options: new SharedOptions(shared, limits.options, parse) };
}

function batchShape(shape: readonly number[] | undefined, { limits }: WireContext): Omit<RowsOf, "encoding"> {
  const { batch_rows_max, options } = limits;
  const [steps, second, third] = shape ?? [];
  const [step_rows, vocab_size] = third === undefined ? [1, second] : [second as number, third];
  if (steps === undefined || vocab_size === undefined || (shape?.length ?? 0) > 3)
    throw new Problem(
      "invalid_option",
      `the shape of a batch must be [rows, vocab_size] or [rows, sources, vocab_size], got ${shape === undefined ? "none" : `[${shape.join(", ")}]`}`,
      "/shape",
    );
  requireVocabSize(vocab_size, limits, third === undefined ? "/shape/1" : "/shape/2");
  if (steps > batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a batch may have at most ${batch_rows_max} rows (batch_rows_max), got ${steps}`,
      "/shape/0",
    );
  if (step_rows > options.sources_max)
    throw new Problem(
      "limit_exceeded",
      `a step may have at most ${options.sources_max} sources (sources_max), got ${step_rows}`,
      "/shape/1",
    );
  return { steps, step_rows, vocab_size };
}

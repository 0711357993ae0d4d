/**
 * Opens binary batches: a tensor of shape [rows, vocab_size], or [rows, sources, vocab_size], behind a JSON header, or with its options in the query
 * string. Each step is ready as soon as its last byte is there, so that a batch of any size needs the memory of one.
 */
import { Problem, show } from "../../errors.ts";
import { requireSources } from "../../sampling/combine/combination.ts";
import { isRecord } from "../../sampling/options/parse.ts";
import { finishRows } from "../rows.ts";
import { requireKnown, rowProblem, SharedOptions } from "../shared-options.ts";
import type { BodyForm, Step, StepReader, WireContext } from "../step-reader.ts";
import {
  dtypeOf,
  type Fields,
  requireTensorBytes,
  requireVocabSize,
  TensorHead,
  type TensorSource,
  tensorFields,
} from "./head.ts";
import { type RowsOf, TensorRows } from "./rows.ts";

/** What the header says. */
interface Plan {
  readonly of: RowsOf;
  readonly tensor: TensorRows;
  readonly shared: Fields;
  /** options of each row; undefined: none has any */
  readonly rows: readonly unknown[] | undefined;
  readonly options: SharedOptions;
}

export function openBatchTensor(source: TensorSource, context: WireContext): StepReader {
  return new BatchTensor(new TensorHead(source, context.limits), context);
}

class BatchTensor implements StepReader {
  readonly #head: TensorHead;
  readonly #context: WireContext;
  #plan: Plan | undefined;
  #index = 0;

  constructor(head: TensorHead, context: WireContext) {
    this.#head = head;
    this.#context = context;
  }

  get form(): BodyForm | undefined {
    return this.#plan?.of.dtype;
  }

  write(chunk: Uint8Array): void {
    // Before the header is read: where no row is free, nothing is spent on what it says.
    if (this.#plan === undefined) this.#context.lease();
    const bytes = this.#head.write(chunk);
    if (!this.#head.complete) return;
    this.#planned().tensor.write(bytes);
  }

  keep(): void {
    this.#plan?.tensor.keep();
  }

  end(): void {
    requireBytes(this.#planned());
  }

  next(): Step | Problem | undefined {
    const plan = this.#plan;
    if (plan === undefined || !plan.tensor.next()) return undefined;
    this.#index += 1;
    return stepAt(this.#index - 1, plan);
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
    requireSources(plan.of.step_rows, options);
    const rows = finishRows(plan.tensor.rows, options);
    return { rows, options, place: (problem) => rowProblem(problem, index, own, plan.shared) };
  } catch (error) {
    return rowProblem(error, index, own, plan.shared);
  }
}

/** All that the header says of the batch as a whole is checked before the first element is taken. */
function planOf(head: TensorHead, context: WireContext): Plan {
  const [tensor, { rows, ...shared }] = tensorFields(head.fields);
  const { steps, step_rows, vocab_size } = batchShape(tensor.shape, context);
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== steps))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${steps} objects, as shape says, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  requireKnown(shared, context.limits.options, context.parse);
  const of: RowsOf = { dtype: dtypeOf(tensor, head.source), steps, step_rows, vocab_size };
  const options = new SharedOptions(shared, context.limits.options, context.parse);
  return { of, tensor: new TensorRows(context.lease, of), shared, rows, options };
}

function batchShape(shape: readonly number[] | undefined, { limits }: WireContext): Omit<RowsOf, "dtype"> {
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

function requireBytes({
  of: { dtype, steps, step_rows, vocab_size },
  tensor: { received_bytes },
}: Plan): void {
  const shape = step_rows === 1 ? [steps, vocab_size] : [steps, step_rows, vocab_size];
  requireTensorBytes(shape, dtype, received_bytes);
}

/** Opens JSON bodies: one step, or a batch of them under `rows`. */
import { Problem, show } from "../errors.ts";
import type { Dtype, Row } from "../kernels/kernel.ts";
import { isRecord } from "../sampling/options/parse.ts";
import { parseStepOptions, type StepOptions } from "../sampling/options/step-options.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { type EnvelopeTargets, JsonEnvelope } from "./json/envelope.ts";
import type { ElementSink } from "./json/numbers.ts";
import { jsonValue } from "./json/text.ts";
import { REMEMBERED_LENGTH_MAX } from "./remembered.ts";
import { finishRow, isSparseForm, loadPacked, packedDtype, requireFinite } from "./rows.ts";
import { requireKnown, rowProblem, SharedOptions } from "./shared-options.ts";
import { type SparseForm, sparseForm, sparseRowFromJson } from "./sparse.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What arrived of one row besides the envelope. */
export interface Arrived {
  dense?: GrowingBuffer | Row;
  values?: GrowingBuffer;
  token_ids?: Int32Array;
  packed?: GrowingBuffer;
  problem?: Problem;
}

const F32_BYTES = 4;
const NO_FLOATS = new Float32Array(0);

/** One step. Its numbers go straight into the leased row. */
export function openStepJson(context: WireContext): StepReader {
  const arrived: Arrived = {};
  const targets = stepTargets(context, arrived, (problem) => {
    throw problem;
  });
  const envelope = new JsonEnvelope("step", context.limits, targets);
  const remembered = context.parse === undefined ? context.remembered : undefined;
  let plan: (() => JsonPlan) | undefined;
  return {
    form: "json",
    parks: true,
    write: (chunk) => envelope.write(chunk),
    end() {
      const text = envelope.endText();
      if (remembered !== undefined && text.length <= REMEMBERED_LENGTH_MAX) {
        const known = remembered.body.of(text, (each) => planOf(requireObject(jsonValue(each)), context));
        plan = () => known;
      } else {
        const fields = requireObject(jsonValue(text));
        plan = () => planOf(fields, context);
      }
    },
    next() {
      if (plan === undefined) return undefined;
      const step = stepOf(plan(), arrived, context);
      plan = undefined;
      return step;
    },
  };
}

/** Takes the numbers of one step: a dense row straight into the leased one. `fault` is told why a row cannot be taken. */
export function stepTargets(
  context: WireContext,
  arrived: Arrived,
  fault: (problem: Problem) => void,
): EnvelopeTargets {
  return {
    numbers(_row, array) {
      if (array === "values") return keep(context, arrived, "values");
      const row = context.lease();
      row.begin("f32");
      arrived.dense = row;
      return row;
    },
    ids: (_row, token_ids) => {
      arrived.token_ids = token_ids;
    },
    packed: () => keep(context, arrived, "packed"),
    fault: (_row, problem) => fault(problem),
  };
}

/** Many steps. Options may come behind the rows they belong to, so rows are kept and take turns in one leased row. */
export function openBatchJson(context: WireContext): StepReader {
  const arrived: Arrived[] = [];
  const rowAt = (index: number) => {
    arrived[index] ??= {};
    return arrived[index];
  };
  const targets: EnvelopeTargets = {
    numbers: (index, array) => keep(context, rowAt(index), array),
    ids(index, token_ids) {
      rowAt(index).token_ids = token_ids;
    },
    packed: (index) => keep(context, rowAt(index), "packed"),
    fault(index, problem) {
      rowAt(index).problem ??= problem;
    },
  };
  const envelope = new JsonEnvelope("batch", context.limits, targets);
  let batch: Batch | undefined;
  let index = 0;
  return {
    form: "json",
    parks: true,
    write: (chunk) => envelope.write(chunk),
    end() {
      batch = batchOf(requireObject(envelope.end()), context);
    },
    next() {
      if (batch === undefined || index >= batch.rows.length) return undefined;
      const step = rowStep(batch, rowAt(index), index, context);
      delete arrived[index];
      index += 1;
      return step;
    },
  };
}

function keep({ limits }: WireContext, arrived: Arrived, key: "dense" | "values" | "packed"): ElementSink {
  const bytes = new GrowingBuffer(limits.vocab_size_max * F32_BYTES);
  arrived[key] = bytes;
  return bytes;
}

function requireObject(value: unknown): Fields {
  if (isRecord(value)) return value;
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(value)}`);
}

interface Batch {
  readonly shared: Fields;
  readonly options: SharedOptions;
  readonly rows: readonly unknown[];
}

function batchOf({ rows, ...shared }: Fields, { limits, parse }: WireContext): Batch {
  if (!Array.isArray(rows) || rows.length === 0)
    throw new Problem(
      "invalid_option",
      `rows must be an array of at least one step, got ${show(rows)}`,
      "/rows",
    );
  if ("logits" in shared)
    throw new Problem("unknown_option", "each row of a batch has its own logits", "/logits");
  requireKnown(shared, limits.options, parse);
  const options = new SharedOptions(shared, limits.options, parse);
  return { shared, options, rows: rows as readonly unknown[] };
}

function rowStep({ shared, options, rows }: Batch, arrived: Arrived, index: number, context: WireContext) {
  const row = rows[index];
  const own = isRecord(row) ? row : {};
  try {
    if (!isRecord(row))
      throw new Problem("invalid_option", `a row must be an object with logits, got ${show(row)}`);
    if (arrived.problem !== undefined) throw arrived.problem;
    const { logits, ...fields } = row;
    const plan = { options: options.of(fields), form: rowForm(logits) };
    const step = stepOf(plan, arrived, context);
    return { ...step, place: (problem: Problem) => rowProblem(problem, index, own, shared) };
  } catch (error) {
    return rowProblem(error, index, own, shared);
  }
}

/** What is known of a step besides the numbers of its row. */
export interface JsonPlan {
  readonly options: StepOptions;
  readonly form: RowForm;
}

function planOf({ logits, ...fields }: Fields, { limits, parse = parseStepOptions }: WireContext): JsonPlan {
  return { options: parse(fields, limits.options), form: rowForm(logits) };
}

/** The step that a plan and the numbers found beside it make. */
function stepOf({ options, form }: JsonPlan, arrived: Arrived, context: WireContext): Step {
  return { rows: [rowOf(form, arrived, options, context)], options };
}

/** How a row stands in JSON. */
export type RowForm =
  | { readonly kind: "dense" }
  | { readonly kind: "packed"; readonly dtype: Dtype }
  | { readonly kind: "sparse"; readonly sparse: SparseForm };

/** `logits` is what was left where the row stood. */
export function rowForm(logits: unknown): RowForm {
  if (Array.isArray(logits)) return { kind: "dense" };
  if (isSparseForm(logits)) return { kind: "sparse", sparse: sparseForm(logits) };
  return { kind: "packed", dtype: packedDtype(logits) };
}

/** The row of a step with these options. `arrived` is the numbers that stood in it. */
export function rowOf(
  form: RowForm,
  arrived: Arrived,
  options: StepOptions,
  context: WireContext,
): LogitsRow {
  switch (form.kind) {
    case "dense":
      return requireFinite(finishRow(denseRow(arrived, context), options));
    case "sparse":
      return sparseRowFromJson(
        form.sparse,
        arrived.token_ids,
        arrived.values?.floats() ?? NO_FLOATS,
        options,
      );
    case "packed": {
      const row = context.lease();
      loadPacked(row, form.dtype, arrived.packed ?? new GrowingBuffer(0));
      return finishRow(row, options);
    }
  }
}

function denseRow({ dense }: Arrived, context: WireContext): Row {
  const row = context.lease();
  if (dense instanceof GrowingBuffer) row.load(dense.floats());
  return row;
}

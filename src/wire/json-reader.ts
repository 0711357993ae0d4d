/** Opens JSON bodies: one step, or a batch of them under `rows`. */
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import type { ElementSink } from "../kernels/numbers.ts";
import { show } from "../sampling/fields.ts";
import { isRecord } from "../sampling/parse.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import { mergeStepOptions, parseStepOptions, type StepOptions } from "../sampling/step-options.ts";
import { type EnvelopeTargets, JsonEnvelope } from "./json-envelope.ts";
import { Parked } from "./parked.ts";
import { finishRow, isSparseForm, loadPacked, requireFinite } from "./rows.ts";
import { requireKnown, rowProblem } from "./shared-options.ts";
import { isSharedForm, sharedRow } from "./shared-row.ts";
import { sparseRowFromJson } from "./sparse.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What arrived of one row besides the envelope. */
export interface Arrived {
  dense?: Parked | Row;
  values?: Parked;
  token_ids?: Int32Array;
  packed?: Parked;
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
  let fields: Fields | undefined;
  return {
    write: (chunk) => envelope.write(chunk),
    end() {
      fields = requireObject(envelope.end());
    },
    next() {
      if (fields === undefined) return undefined;
      const step = stepOf(fields, arrived, context);
      fields = undefined;
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
      if (array === "values") return park(context, arrived, "values");
      const row = context.lease();
      row.begin("f32");
      arrived.dense = row;
      return row;
    },
    ids: (_row, token_ids) => {
      arrived.token_ids = token_ids;
    },
    packed: () => park(context, arrived, "packed"),
    fault: (_row, problem) => fault(problem),
  };
}

/** Many steps. Options may come behind the rows they belong to, so rows are parked and take turns in one leased row. */
export function openBatchJson(context: WireContext): StepReader {
  const arrived: Arrived[] = [];
  const rowAt = (index: number) => {
    arrived[index] ??= {};
    return arrived[index];
  };
  const targets: EnvelopeTargets = {
    numbers: (index, array) => park(context, rowAt(index), array),
    ids(index, token_ids) {
      rowAt(index).token_ids = token_ids;
    },
    packed: (index) => park(context, rowAt(index), "packed"),
    fault(index, problem) {
      rowAt(index).problem ??= problem;
    },
  };
  const envelope = new JsonEnvelope("batch", context.limits, targets);
  let batch: { readonly shared: Fields; readonly rows: readonly unknown[] } | undefined;
  let index = 0;
  return {
    write: (chunk) => envelope.write(chunk),
    end() {
      batch = batchOf(requireObject(envelope.end()), context);
    },
    next() {
      if (batch === undefined || index >= batch.rows.length) return undefined;
      const step = rowStep(batch.rows[index], batch.shared, rowAt(index), index, context);
      delete arrived[index];
      index += 1;
      return step;
    },
  };
}

function park({ limits }: WireContext, arrived: Arrived, key: "dense" | "values" | "packed"): ElementSink {
  const parked = new Parked(limits.vocab_size_max * F32_BYTES);
  arrived[key] = parked;
  return parked;
}

function requireObject(value: unknown): Fields {
  if (isRecord(value)) return value;
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(value)}`);
}

function batchOf({ rows, ...shared }: Fields, { limits }: WireContext) {
  if (!Array.isArray(rows) || rows.length === 0)
    throw new Problem(
      "invalid_option",
      `rows must be an array of at least one step, got ${show(rows)}`,
      "/rows",
    );
  if ("logits" in shared)
    throw new Problem("unknown_option", "each row of a batch has its own logits", "/logits");
  requireKnown(shared, limits.options);
  return { shared, rows: rows as readonly unknown[] };
}

function rowStep(row: unknown, shared: Fields, arrived: Arrived, index: number, context: WireContext) {
  const own = isRecord(row) ? row : {};
  try {
    if (!isRecord(row))
      throw new Problem("invalid_option", `a row must be an object with logits, got ${show(row)}`);
    const step = stepOf(mergeStepOptions(shared, row), arrived, context);
    return { ...step, place: (problem: Problem) => rowProblem(problem, index, own, shared) };
  } catch (error) {
    return rowProblem(error, index, own, shared);
  }
}

/** The step that these fields and the numbers found beside them make. */
function stepOf({ logits, ...fields }: Fields, arrived: Arrived, context: WireContext): Step {
  if (arrived.problem !== undefined) throw arrived.problem;
  const { limits, parse = parseStepOptions } = context;
  const options = parse(fields, limits.options);
  return { row: rowOf(logits, arrived, options, context), options };
}

/** The row of a step with these options. `logits` is what was left in its place, `arrived` the numbers that stood there. */
export function rowOf(
  logits: unknown,
  arrived: Arrived,
  options: StepOptions,
  context: WireContext,
): LogitsRow {
  if (arrived.problem !== undefined) throw arrived.problem;
  if (Array.isArray(logits)) return requireFinite(finishRow(denseRow(arrived, context), options));
  if (isSharedForm(logits)) return finishRow(sharedRow(logits, context), options);
  if (isSparseForm(logits))
    return sparseRowFromJson(logits, arrived.token_ids, arrived.values?.floats ?? NO_FLOATS, options);
  const row = context.lease();
  loadPacked(row, logits, arrived.packed ?? new Parked(0));
  return finishRow(row, options);
}

function denseRow({ dense }: Arrived, context: WireContext): Row {
  const row = context.lease();
  if (dense instanceof Parked) row.load(dense.floats);
  return row;
}

/** Opens JSON bodies: one step, or a batch of them under `rows`. */
import { Problem, show } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { requireSources } from "../sampling/combine/combination.ts";
import { isRecord } from "../sampling/options/parse.ts";
import { parseStepOptions } from "../sampling/options/step-options.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { type EnvelopeTargets, JsonEnvelope } from "./json/envelope.ts";
import type { ElementSink } from "./json/numbers.ts";
import { jsonValue } from "./json/text.ts";
import { REMEMBERED_LENGTH_MAX } from "./remembered.ts";
import { formsOf, type JsonPlan, type RowForm, type RowForms } from "./row-forms.ts";
import { finishRow, loadPacked, requireFinite } from "./rows.ts";
import { requireKnown, rowProblem, SharedOptions } from "./shared-options.ts";
import { sparseRowFromJson } from "./sparse.ts";
import type { Step, StepReader, WireContext } from "./step-reader.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What arrived of one row besides the envelope. */
export interface Arrived {
  dense?: GrowingBuffer | Row;
  values?: GrowingBuffer;
  token_ids?: Int32Array;
  packed?: GrowingBuffer;
}

/** What arrived of one step besides the envelope. */
export interface ArrivedStep {
  /** by source; of a step that has one row it is the first */
  readonly rows: Arrived[];
  problem?: Problem;
}

const F32_BYTES = 4;
const NO_FLOATS = new Float32Array(0);

/** One step. Its numbers go straight into the leased row. */
export function openStepJson(context: WireContext): StepReader {
  const arrived: ArrivedStep = { rows: [] };
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

/** Takes the numbers of one step: dense rows straight into leased ones. `fault` is told why a row cannot be taken. */
export function stepTargets(
  context: WireContext,
  arrived: ArrivedStep,
  fault: (problem: Problem) => void,
): EnvelopeTargets {
  return {
    numbers(_step, array, source) {
      if (array === "values") return keep(context, rowAt(arrived, source), "values");
      const row = context.lease(source);
      row.begin("f32");
      rowAt(arrived, source).dense = row;
      return row;
    },
    ids: (_step, token_ids, source) => {
      rowAt(arrived, source).token_ids = token_ids;
    },
    packed: (_step, source) => keep(context, rowAt(arrived, source), "packed"),
    fault: (_step, problem) => fault(problem),
  };
}

function rowAt({ rows }: ArrivedStep, source: number): Arrived {
  rows[source] ??= {};
  return rows[source];
}

/** Many steps. Options may come behind the rows they belong to, so rows are kept and take turns in the leased rows. */
export function openBatchJson(context: WireContext): StepReader {
  const arrived: ArrivedStep[] = [];
  const envelope = new JsonEnvelope("batch", context.limits, keptTargets(context, arrived));
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
      const step = rowStep(batch, arrived[index] ?? { rows: [] }, index, context);
      delete arrived[index];
      index += 1;
      return step;
    },
  };
}

/** Keeps the numbers of many steps, each with the place of its row. */
export function keptTargets(context: WireContext, arrived: ArrivedStep[]): EnvelopeTargets {
  const stepAt = (index: number) => {
    arrived[index] ??= { rows: [] };
    return arrived[index];
  };
  return {
    numbers: (index, array, source) => keep(context, rowAt(stepAt(index), source), array),
    ids(index, token_ids, source) {
      rowAt(stepAt(index), source).token_ids = token_ids;
    },
    packed: (index, source) => keep(context, rowAt(stepAt(index), source), "packed"),
    fault(index, problem) {
      stepAt(index).problem ??= problem;
    },
  };
}

function keep({ limits }: WireContext, arrived: Arrived, key: "dense" | "values" | "packed"): ElementSink {
  const bytes = new GrowingBuffer(limits.vocab_size_max * F32_BYTES);
  arrived[key] = bytes;
  return bytes;
}

export function requireObject(value: unknown): Fields {
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

function rowStep(
  { shared, options, rows }: Batch,
  arrived: ArrivedStep,
  index: number,
  context: WireContext,
) {
  const row = rows[index];
  const own = isRecord(row) ? row : {};
  try {
    if (!isRecord(row))
      throw new Problem("invalid_option", `a row must be an object with logits, got ${show(row)}`);
    if (arrived.problem !== undefined) throw arrived.problem;
    const { fields, ...forms } = formsOf(row);
    const plan = { options: options.of(fields), ...forms };
    const step = stepOf(plan, arrived, context);
    return { place: (problem: Problem) => rowProblem(problem, index, own, shared), ...step };
  } catch (error) {
    return rowProblem(error, index, own, shared);
  }
}

function planOf(step: Fields, { limits, parse = parseStepOptions }: WireContext): JsonPlan {
  const { fields, ...forms } = formsOf(step);
  return { options: parse(fields, limits.options), ...forms };
}

/** The step that a plan and the numbers found beside it make. */
function stepOf(plan: JsonPlan, arrived: ArrivedStep, context: WireContext): Step {
  const { options } = plan;
  return { rows: rowsOf(plan, arrived, options, context), options };
}

/** The rows of a step with these options, of what stood in them. */
export function rowsOf(
  { forms, is_list }: RowForms,
  arrived: ArrivedStep,
  options: StepOptions,
  context: WireContext,
): readonly LogitsRow[] {
  if (context.parse === undefined) requireSources(forms.length, options);
  else if (is_list)
    throw new Problem("option_conflict", "sources are not taken here: it is of one row", "/sources");
  if (!is_list) return [rowOf(forms[0] as RowForm, rowAt(arrived, 0), options, context, 0)]; // it is one
  return forms.map((form, source) => {
    try {
      return rowOf(form, rowAt(arrived, source), options, context, source);
    } catch (error) {
      throw error instanceof Problem ? ofSource(error, source) : error;
    }
  });
}

/** A problem of a row, as seen from the step; an option that all rows share stays where it stands. */
function ofSource(problem: Problem, source: number): Problem {
  return problem.pointer.startsWith("/logits") ? problem.within(`/sources/${source}`) : problem;
}

/** The row of one source of a step with these options. `arrived` is the numbers that stood in it; a dense row is put into the leased one of that index. */
export function rowOf(
  form: RowForm,
  arrived: Arrived,
  options: StepOptions,
  context: WireContext,
  source: number,
): LogitsRow {
  switch (form.kind) {
    case "dense":
      return requireFinite(finishRow(denseRow(arrived, context, source), options));
    case "sparse":
      return sparseRowFromJson(
        form.sparse,
        arrived.token_ids,
        arrived.values?.floats() ?? NO_FLOATS,
        options,
      );
    case "packed": {
      const row = context.lease(source);
      loadPacked(row, form.dtype, arrived.packed ?? new GrowingBuffer(0));
      return finishRow(row, options);
    }
  }
}

function denseRow({ dense }: Arrived, context: WireContext, source: number): Row {
  const row = context.lease(source);
  if (dense instanceof GrowingBuffer) row.load(dense.floats());
  return row;
}

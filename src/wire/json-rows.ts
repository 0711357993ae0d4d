/** Rows of steps in JSON: stores their numbers while the text arrives, and makes rows of them. */
import { Problem } from "../errors.ts";
import type { Row } from "../kernels/kernel.ts";
import { requireSources } from "../sampling/combine/combination.ts";
import type { LogitsRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import type { EnvelopeTargets } from "./json/envelope.ts";
import type { ElementSink } from "./json/numbers.ts";
import type { RowForm, RowForms } from "./row-forms.ts";
import { finishRow, loadPacked, requireFinite } from "./rows.ts";
import { sparseRowFromJson } from "./sparse.ts";
import type { WireContext } from "./step-reader.ts";

/** The received parts of one row, without the envelope. */
export interface Arrived {
  dense?: GrowingBuffer | Row;
  values?: GrowingBuffer;
  token_ids?: Int32Array;
  packed?: GrowingBuffer;
}

/** The received parts of one step, without the envelope. */
export interface ArrivedStep {
  /** by source; the row of a step with one row is the first */
  readonly rows: Arrived[];
  problem?: Problem;
}

const F32_BYTES = 4;
const NO_FLOATS = new Float32Array(0);

/**
 * Takes the numbers of one step: dense rows go directly into leased rows. `fault` receives the reason why a row
 * cannot be taken.
 */
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

/** Keeps the numbers of many steps, each with the index of its row. */
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

/** The rows of a step with these options, from the received parts. */
export function rowsOf(
  { forms, is_list }: RowForms,
  arrived: ArrivedStep,
  options: StepOptions,
  context: WireContext,
): readonly LogitsRow[] {
  if (context.parse === undefined) requireSources(forms.length, options);
  else if (is_list)
    throw new Problem("option_conflict", "sources are not taken here: it is of one row", "/sources");
  if (!is_list) return [rowOf(forms[0] as RowForm, rowAt(arrived, 0), options, context, 0)]; // there is exactly one
  return forms.map((form, source) => {
    try {
      return rowOf(form, rowAt(arrived, source), options, context, source);
    } catch (error) {
      throw error instanceof Problem ? ofSource(error, source) : error;
    }
  });
}

/**
 * A problem of a row, with its pointer relative to the step; a pointer to a shared option stays unchanged.
 */
function ofSource(problem: Problem, source: number): Problem {
  return problem.pointer.startsWith("/logits") ? problem.within(`/sources/${source}`) : problem;
}

/**
 * The row of one source of a step with these options. `arrived` has its numbers; a dense row is moved to the leased row of that
 * index.
 */
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
      loadPacked(row, form.encoding, arrived.packed ?? new GrowingBuffer(0));
      return finishRow(row, options);
    }
  }
}

function denseRow({ dense }: Arrived, context: WireContext, source: number): Row {
  const row = context.lease(source);
  if (dense instanceof GrowingBuffer) row.load(dense.floats());
  return row;
}

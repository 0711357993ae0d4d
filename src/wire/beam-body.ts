/**
 * Bodies of beam searches: a batch whose rows are the live beams of one search. The fields of the search are next to the
 * shared options; everything else is a batch, in each of its forms.
 */
import { Problem } from "../errors.ts";
import { type BeamCall, parseBeam, parseBeamRow } from "../sampling/beam/options.ts";
import { wrongRows } from "../sampling/beam/search.ts";
import {
  BATCH_JSON,
  BATCH_TENSOR,
  type BatchPlan,
  type BatchTensorPlan,
  planOfJson,
  planOfTensor,
} from "./batch-body.ts";
import { type ArrivedStep, keptTargets } from "./json-rows.ts";
import { JsonHead, type KeptRows } from "./kept-rows.ts";
import { RowsBody, type RowsKind } from "./rows-body.ts";
import type { BodyReader, Step, WireContext } from "./step-reader.ts";
import { type Fields, TensorHead, type TensorSource } from "./tensor/head.ts";
import type { TensorRows } from "./tensor/rows.ts";

interface BeamPlan {
  readonly call: BeamCall;
}

export interface BeamReader extends BodyReader {
  /** set once the head of the body is read, before its first row */
  readonly plan?: BeamPlan | undefined;
  /** The row of the next beam, or undefined when more bytes are needed or all were taken. Throws the Problem of a row. */
  next(): Step | undefined;
}

const BEAM_TENSOR: RowsKind<TensorHead, BatchTensorPlan & BeamPlan, TensorRows, Step> = {
  plan({ fields, source }, context) {
    const { call, rest } = divided(fields);
    const plan = planOfTensor(rest, source, ofRows(call, context));
    requireRows(call, plan.of.steps, "/shape/0");
    return { ...plan, call };
  },
  rows: BATCH_TENSOR.rows,
  item: (plan, rows, index, context) => stepOf(BATCH_TENSOR.item(plan, rows, index, context)),
};

const BEAM_JSON: RowsKind<JsonHead<ArrivedStep[]>, BatchPlan & BeamPlan, KeptRows<ArrivedStep[]>, Step> = {
  plan({ fields }, context) {
    const { call, rest } = divided(fields);
    const plan = planOfJson(rest, ofRows(call, context));
    requireRows(call, plan.rows?.length ?? 0, "/rows");
    return { ...plan, call };
  },
  rows: BATCH_JSON.rows,
  item: (plan, rows, index, context) => stepOf(BATCH_JSON.item(plan, rows, index, context)),
};

export function openBeamTensor(source: TensorSource, context: WireContext): BeamReader {
  return new RowsBody(BEAM_TENSOR, new TensorHead(source, context.limits), context);
}

export function openBeamJson(context: WireContext): BeamReader {
  const arrived: ArrivedStep[] = [];
  const head = new JsonHead("batch", context.limits, arrived, keptTargets(context, arrived));
  return new RowsBody(BEAM_JSON, head, context);
}

/** Separates the fields of the search from those of its rows. */
function divided({ beam, search, ...rest }: Fields): { readonly call: BeamCall; readonly rest: Fields } {
  return { call: parseBeam(beam, search, rest["seed"]), rest };
}

/** The same context, with the check for options of rows of this search. */
function ofRows(call: BeamCall, context: WireContext): WireContext {
  return { ...context, parse: (fields, limits) => parseBeamRow(call, fields, limits) };
}

function requireRows({ search }: BeamCall, got: number, pointer: string): void {
  const expected = search.beams.length;
  if (got === expected) return;
  const { code, message } = wrongRows(expected, got);
  throw new Problem(code, message, pointer);
}

/** A search fails when one of its rows fails. */
function stepOf(step: Step | Problem): Step {
  if (step instanceof Problem) throw step;
  return step;
}

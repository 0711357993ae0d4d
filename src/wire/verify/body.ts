/**
 * Bodies of drafts: one draft, or many that share options. In a tensor of shape [rows, vocab_size] the rows of one
 * sequence are in memory together, and those of the next sequence replace them. In JSON the rows are at `rows`, and are
 * kept until the whole body has been read, because it says which sequence they belong to.
 */
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { type Encoding, rowElements } from "../../kernels/kernel.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import { needsAll, type VerifyOptions } from "../../sampling/verify/options.ts";
import { type Arrived, type ArrivedStep, keptTargets, rowOf } from "../json-rows.ts";
import { JsonHead, KeptRows } from "../kept-rows.ts";
import { type RowForm, rowForm } from "../row-forms.ts";
import { RowsBody, type RowsKind } from "../rows-body.ts";
import type { WireContext } from "../step-reader.ts";
import { RowGroups } from "../tensor/groups.ts";
import {
  encodingOf,
  type Fields,
  requireTensorBytes,
  requireVocabSize,
  type TensorSource,
  tensorFields,
} from "../tensor/head.ts";
import { callOfTensor, type DraftOfTensor, optionsOfDraftRow, togetherOf } from "./arriving.ts";
import { ownOptions, type Sequence, sequencesOf, type VerifyCall, type VerifyReader } from "./calls.ts";
import { DraftHead } from "./draft-head.ts";
import { type DraftSets, requireDraftSets } from "./draft-sets.ts";

interface TensorPlan {
  readonly encoding: Encoding;
  readonly vocab_size: number;
  readonly sequences: readonly Sequence[];
  /** options of each row; undefined: none has any */
  readonly rows: readonly unknown[] | undefined;
  /** the drafters' rows; undefined: they stand among the others, or there are none */
  readonly sets: DraftSets | undefined;
}

interface JsonPlan {
  readonly sequences: readonly Sequence[];
  readonly rows: readonly unknown[];
}

/** The rows of JSON steps, by their index in the body. */
type Steps = ArrivedStep[];

type TensorKind = RowsKind<DraftHead, TensorPlan, RowGroups, VerifyCall | Problem>;
type JsonKind = RowsKind<JsonHead<Steps>, JsonPlan, KeptRows<Steps>, VerifyCall | Problem>;

const [ONE_IN_TENSOR, MANY_IN_TENSOR] = [tensorKind(false), tensorKind(true)];
const [ONE_IN_JSON, MANY_IN_JSON] = [jsonKind(false), jsonKind(true)];

/** Opens a tensor of drafts: of one, or of `many`. */
export function openVerifyTensor(many: boolean, source: TensorSource, context: WireContext): VerifyReader {
  const head = new DraftHead(source, context.limits);
  return new RowsBody(many ? MANY_IN_TENSOR : ONE_IN_TENSOR, head, context);
}

export function openVerifyJson(many: boolean, context: WireContext): VerifyReader {
  const arrived: Steps = [];
  const head = new JsonHead("batch", context.limits, arrived, keptTargets(context, arrived));
  return new RowsBody(many ? MANY_IN_JSON : ONE_IN_JSON, head, context);
}

function tensorKind(many: boolean): TensorKind {
  return {
    plan: (head, context) => planOfTensor(head, many, context),
    rows: ({ encoding, vocab_size, sequences }, { lease }) =>
      new RowGroups(lease, { encoding, vocab_size, groups: sequences.length }, (received) =>
        requireTensorBytes([rowCount(sequences), vocab_size], encoding, received),
      ),
    item: (plan, groups, index) => {
      const sequence = plan.sequences[index] as Sequence; // there are as many as groups
      groups.begin(sequence.count);
      return callOr(many, () => {
        const draft = draftOf(sequence, plan);
        return callOfTensor(draft, groups.take(togetherOf(draft)));
      });
    },
  };
}

function jsonKind(many: boolean): JsonKind {
  return {
    plan: ({ fields }, context) => planOfJson(fields, many, context),
    rows: ({ sequences }, _context, { kept }) => new KeptRows(kept, sequences.length),
    item: ({ sequences, rows }, { kept }, index, context) =>
      callOr(many, () => callOfJson(sequences[index] as Sequence, rows, kept, context)), // there are as many as steps
  };
}

/** A call. The Problem of one among many is answered in its place. */
function callOr(many: boolean, make: () => VerifyCall): VerifyCall | Problem {
  try {
    return make();
  } catch (error) {
    if (error instanceof Problem && many && error.code !== "overloaded") return error;
    throw error;
  }
}

/** The facts about a sequence that are known before its rows. Throws a Problem for its options. */
function draftOf(sequence: Sequence, { vocab_size, rows, sets }: TensorPlan): DraftOfTensor {
  const { first, count, first_draft, of_draft, place } = sequence;
  return {
    options: sequence.options(),
    place,
    count,
    vocab_size,
    own: rows?.slice(first, first + count) ?? [],
    apart: sets && { sets, first: first_draft, count: of_draft },
  };
}

function callOfJson(
  { first, count, options: checked, place }: Sequence,
  all: readonly unknown[],
  arrived: Steps,
  context: WireContext,
): VerifyCall {
  const options = checked();
  try {
    const given = all.slice(first, first + count).map((row, i) => ownOf(row, i));
    const rows = given.map(({ logits }, i) => keptRow(logits, takeOut(arrived, first + i), i));
    const own = ownOptions(
      given.map(({ logits: _, ...fields }) => (Object.keys(fields).length === 0 ? undefined : fields)),
      options,
    );
    const rowInPlace = placedIn(rows, options, context);
    const drafted = options.verification.draft_token_ids.length;
    const draft = (index: number) => rowInPlace(drafted + 1 + index);
    return { rows: { lengths: rows.map(lengthOf), target: rowInPlace, draft, own }, options, place };
  } catch (error) {
    throw error instanceof Problem ? place(error) : error;
  }
}

/** A row of JSON as it is kept. */
interface KeptRow {
  readonly form: RowForm;
  readonly arrived: Arrived;
}

function keptRow(logits: unknown, { problem, rows }: ArrivedStep, place: number): KeptRow {
  return inRow(place, () => {
    if (problem !== undefined) throw problem;
    return { form: rowForm(logits), arrived: rows[0] ?? {} };
  });
}

/** Elements of a row; undefined when the row is invalid or does not show its length. */
function lengthOf({ form, arrived }: KeptRow): number | undefined {
  if (form.kind === "sparse") return form.sparse.known.vocab_size;
  const { length = 0 } = (form.kind === "packed" ? arrived.packed : arrived.dense) ?? {};
  const elements = rowElements(form.kind === "packed" ? form.encoding : "f32", length);
  return elements > 0 ? elements : undefined;
}

/** Puts the rows into leased ones when they are asked for: all, or one in the place of the one before. Others are not looked at. */
function placedIn(
  kept: readonly KeptRow[],
  options: VerifyOptions,
  context: WireContext,
): (place: number) => LogitsRow {
  const { method, draft_rows } = options.verification;
  const together = needsAll(method, draft_rows);
  const placed = new Map<number, LogitsRow>();
  return (place) => {
    const known = placed.get(place);
    if (known !== undefined) return known;
    const { form, arrived } = kept[place] as KeptRow; // there are as many as the draft needs
    if (!together) placed.clear();
    const { draft_token_ids } = options.verification;
    const row_options = place > draft_token_ids.length ? optionsOfDraftRow(options) : options;
    const row = inRow(place, () => rowOf(form, arrived, row_options, context, together ? place : 0));
    placed.set(place, row);
    return row;
  };
}

/** An error in a row is reported with the row's position in its sequence. */
function inRow<Result>(place: number, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw error instanceof Problem ? error.within(`/rows/${place}`) : error;
  }
}

function takeOut(arrived: Steps, index: number): ArrivedStep {
  const step = arrived[index] ?? { rows: [] };
  delete arrived[index];
  return step;
}

function ownOf(row: unknown, place: number): Fields {
  if (isRecord(row)) return row;
  throw new Problem(
    "invalid_option",
    `a row must be an object with logits, got ${show(row)}`,
    `/rows/${place}`,
  );
}

function planOfJson({ rows, ...fields }: Fields, many: boolean, context: WireContext): JsonPlan {
  if (!Array.isArray(rows))
    throw new Problem(
      "invalid_option",
      `rows must be an array of objects with logits, got ${show(rows)}`,
      "/rows",
    );
  const sequences = sequencesOf(fields, many, context);
  const expected = rowCount(sequences);
  if (rows.length !== expected)
    throw new Problem("length_mismatch", `the drafts need ${expected} rows, got ${rows.length}`, "/rows");
  return { sequences, rows };
}

function rowCount(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { count }) => sum + count, 0);
}

function draftRowCount(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { of_draft }) => sum + of_draft, 0);
}

/** Checks everything in the header that concerns the whole body before the first element is read. */
function planOfTensor(head: DraftHead, many: boolean, context: WireContext): TensorPlan {
  const [tensor, { rows, draft_sparse: _, ...fields }] = tensorFields(head.fields);
  const sets = head.sets?.sets();
  const sequences = sequencesOf(fields, many, context, sets !== undefined);
  if (sets !== undefined) requireDraftSets(sets, draftRowCount(sequences), "/draft_sparse/rows");
  const expected = rowCount(sequences);
  const [count, vocab_size] = tensor.shape ?? [];
  if (tensor.shape?.length !== 2 || vocab_size === undefined)
    throw new Problem(
      "invalid_option",
      `the shape of drafts must be [rows, vocab_size], got ${tensor.shape === undefined ? "none" : `[${tensor.shape.join(", ")}]`}`,
      "/shape",
    );
  requireVocabSize(vocab_size, context.limits, "/shape/1");
  const { batch_rows_max } = context.limits;
  if (expected > batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a batch may have at most ${batch_rows_max} rows (batch_rows_max), got ${expected}`,
      "/shape/0",
    );
  if (count !== expected)
    throw new Problem("length_mismatch", `the drafts need ${expected} rows, got ${count}`, "/shape/0");
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== expected))
    throw new Problem(
      "length_mismatch",
      `rows must be an array of ${expected} objects, as the drafts need, got ${Array.isArray(rows) ? rows.length : show(rows)}`,
      "/rows",
    );
  return { encoding: encodingOf(tensor, head.source), vocab_size, sequences, rows, sets };
}

/**
 * Opens JSON bodies of the analysis endpoints: `logits` with one row, or `rows` with many. Options may come after the
 * rows, so the numbers are kept, once, until the body is complete.
 */
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { didYouMean } from "../../nearest.ts";
import { GrowingBuffer } from "../growing-buffer.ts";
import { JsonHead, KeptRows } from "../kept-rows.ts";
import { isSparseForm, loadPacked, packedEncoding } from "../rows.ts";
import { RowsBody, type RowsKind } from "../rows-body.ts";
import type { WireContext } from "../step-reader.ts";
import type { Fields } from "../tensor/head.ts";
import {
  type AnalysisPlan,
  type AnalysisReader,
  type AnalysisRow,
  placeOf,
  type RowFields,
  requireTargetsFit,
  rowFields,
  withoutPadding,
} from "./reader.ts";
import { RowStore } from "./row-store.ts";

/** A body that has arrived. */
interface Plan extends AnalysisPlan {
  /** the object of each row, its numbers replaced by an empty array or string */
  readonly rows: readonly Fields[];
}

const F32_BYTES = 4;

/** The rows of a body, in one buffer, and the error of the first invalid row. */
class Stored {
  readonly store: RowStore;
  fault: Problem | undefined = undefined;

  constructor({ limits }: WireContext) {
    this.store = new RowStore(limits.vocab_size_max * F32_BYTES);
  }
}

type Kind = RowsKind<JsonHead<Stored>, Plan, KeptRows<Stored>, AnalysisRow>;

const ANALYSIS_JSON: Kind = {
  plan: planOf,
  rows: ({ rows }, _context, { kept }) => new KeptRows(kept, rows.length),
  item: rowAt,
};

export function openAnalysisJson(context: WireContext): AnalysisReader {
  const stored = new Stored(context);
  const keep = (row: number) => stored.store.begin(row);
  const head = new JsonHead("either", context.limits, stored, {
    numbers: (row, array) => (array === "dense" ? keep(row) : { append: () => true }),
    packed: keep,
    // A row can only be assigned to `logits` or `rows` once the whole body is read.
    fault(row, problem) {
      stored.fault ??= new Problem(problem.code, problem.message, `/rows/${row}${problem.pointer}`);
    },
  });
  return new RowsBody(ANALYSIS_JSON, head, context);
}

function planOf(head: JsonHead<Stored>): Plan {
  const body = head.fields;
  const { fault } = head.kept;
  if (fault !== undefined) throw "rows" in body ? fault : withoutRow(fault);
  return arrivedOf(body);
}

function withoutRow(problem: Problem): Problem {
  return new Problem(problem.code, problem.message, problem.pointer.replace(/^\/rows\/\d+/, ""));
}

function arrivedOf({ rows, logits, ...rest }: Fields): Plan {
  const fields = rowFields(rest);
  const single = rows === undefined;
  if (!single && logits !== undefined)
    throw new Problem("option_conflict", "a body has logits (one row) or rows (many), not both", "/logits");
  if (!single && (!Array.isArray(rows) || rows.length === 0))
    throw new Problem(
      "invalid_option",
      `rows must be an array of at least one row, got ${show(rows)}`,
      "/rows",
    );
  const list = single ? [{ logits, target: fields.target }] : checkedRows(rows as unknown[], fields); // checked above
  requireTargetsFit(fields, single, list.length);
  return { head: { options: fields.options, single, values_expected: 0 }, fields, rows: list };
}

/** Each row is an object of `logits` and optionally `target`, and nothing else. */
function checkedRows(rows: readonly unknown[], { targets }: RowFields): readonly Fields[] {
  return rows.map((row, index) => {
    const pointer = `/rows/${index}`;
    if (!isRecord(row))
      throw new Problem("invalid_option", `a row must be an object with logits, got ${show(row)}`, pointer);
    const unknown = Object.keys(row).find((key) => key !== "logits" && key !== "target");
    if (unknown !== undefined)
      throw new Problem(
        "unknown_option",
        `there is no option ${show(unknown)} of a row here${didYouMean(unknown, ["logits", "target"])}`,
        pointer + pointerTo([unknown]),
      );
    if (targets !== undefined && row["target"] !== undefined)
      throw new Problem(
        "option_conflict",
        "the classes stand in targets or in each row, not in both",
        `${pointer}/target`,
      );
    return row;
  });
}

function rowAt(
  { head, fields, rows }: Plan,
  { kept }: KeptRows<Stored>,
  index: number,
  context: WireContext,
): AnalysisRow {
  const { logits, target } = rows[index] ?? {};
  const place = placeOf(index, head.single, fields.targets !== undefined);
  try {
    const values = withoutPadding(valuesOf(index, logits, kept.store, context), fields.vocab_size);
    return { values, target: fields.targets === undefined ? target : fields.targets[index], place };
  } catch (error) {
    throw error instanceof Problem ? place(error) : error;
  }
}

function valuesOf(index: number, logits: unknown, store: RowStore, context: WireContext): Float32Array {
  if (Array.isArray(logits)) return store.floats(index);
  if (isSparseForm(logits))
    throw new Problem("invalid_logits", "a sparse row is not enough here: every logit counts", "/logits");
  const bytes = store.bytes(index);
  const data = new GrowingBuffer(bytes.length, bytes.length);
  data.append(bytes);
  const row = context.lease();
  loadPacked(row, packedEncoding(logits), data);
  return row.values.subarray(0, row.length);
}

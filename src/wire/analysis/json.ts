/**
 * Opens JSON bodies of the analysis endpoints: `logits` with one row, or `rows` with many. Options may come behind the
 * rows, so the numbers are kept, once, until the body is complete.
 */
import { Problem, pointerTo, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { isRecord } from "../../sampling/options/parse.ts";
import { GrowingBuffer } from "../growing-buffer.ts";
import { JsonEnvelope } from "../json/envelope.ts";
import { isSparseForm, loadPacked, packedDtype } from "../rows.ts";
import type { WireContext } from "../step-reader.ts";
import type { Fields } from "../tensor/head.ts";
import {
  type AnalysisHead,
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
interface Arrived {
  readonly head: AnalysisHead;
  readonly fields: RowFields;
  /** the object of each row, its numbers replaced by an empty array or string */
  readonly rows: readonly Fields[];
}

const F32_BYTES = 4;

export function openAnalysisJson(context: WireContext): AnalysisReader {
  const store = new RowStore(context.limits.vocab_size_max * F32_BYTES);
  let fault: Problem | undefined;
  // The lease is what bounds how many bodies are kept at once.
  const keep = (row: number) => {
    context.lease();
    return store.begin(row);
  };
  const envelope = new JsonEnvelope("either", context.limits, {
    numbers: (row, array) => (array === "dense" ? keep(row) : { append: () => true }),
    packed: keep,
    fault(row, problem) {
      fault ??= placeIn(row, problem);
    },
  });
  // Whether a row stands in a list is known only when the whole body is.
  const placeIn = (row: number, problem: Problem) =>
    new Problem(problem.code, problem.message, `/rows/${row}${problem.pointer}`);
  let arrived: Arrived | undefined;
  let index = 0;
  return {
    get head() {
      return arrived?.head;
    },
    form: "json",
    parks: true,
    write: (chunk) => envelope.write(chunk),
    end() {
      const body = requireObject(envelope.end());
      if (fault !== undefined) throw "rows" in body ? fault : withoutRow(fault);
      arrived = arrivedOf(body);
    },
    next() {
      if (arrived === undefined || index >= arrived.rows.length) return undefined;
      index += 1;
      return rowAt(index - 1, arrived, store, context);
    },
  };
}

function withoutRow(problem: Problem): Problem {
  return new Problem(problem.code, problem.message, problem.pointer.replace(/^\/rows\/\d+/, ""));
}

function requireObject(value: unknown): Fields {
  if (isRecord(value)) return value;
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(value)}`);
}

function arrivedOf({ rows, logits, ...rest }: Fields): Arrived {
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

/** Each row is an object of `logits` and perhaps `target`, and of nothing else. */
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
  index: number,
  { head, fields, rows }: Arrived,
  store: RowStore,
  context: WireContext,
): AnalysisRow {
  const { logits, target } = rows[index] ?? {};
  const place = placeOf(index, head.single, fields.targets !== undefined);
  try {
    const values = withoutPadding(valuesOf(index, logits, store, context), fields.vocab_size);
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
  loadPacked(row, packedDtype(logits), data);
  return row.values.subarray(0, row.length);
}

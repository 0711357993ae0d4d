/** Figures and a verdict for each row; with a baseline, also whether the row is suspicious. */
import { type Baseline, suspicion } from "../baseline.ts";
import { confidentlyWrong, diagnoseOf } from "../diagnose.ts";
import { withTail } from "../tail.ts";
import { DiagnoseTally } from "../tallies/diagnose-tally.ts";
import {
  asClasses,
  checkLabels,
  classOf,
  NOWHERE,
  type ResultList,
  requireTarget,
  type TalliedTask,
  type TaskContext,
  type TaskRow,
} from "./task.ts";

export interface DiagnoseOptions {
  readonly labels: readonly string[] | undefined;
  readonly baseline: Baseline | undefined;
}

export function diagnoseTask(context: TaskContext, options: DiagnoseOptions): TalliedTask {
  const results: ResultList = context.results ?? [];
  const tally = new DiagnoseTally();
  let first: object | undefined;
  return {
    tally,
    take(row) {
      const make = diagnoseRow(context, options, row, tally);
      if (results === NOWHERE) return;
      const result = make();
      first ??= result;
      results.push(result);
    },
    *finish() {
      yield;
      return context.single ? first : { results };
    },
  };
}

/** Counts a row, and returns a function that makes its result. */
function diagnoseRow(
  { reader, inverse_temperature }: TaskContext,
  { labels, baseline }: DiagnoseOptions,
  row: TaskRow,
  tally: DiagnoseTally,
): () => object {
  const { tail } = row;
  const values = tail === undefined ? asClasses(row.values) : row.values;
  const classes = values.length + (tail?.count ?? 0);
  checkLabels(labels, classes);
  const target = row.target === undefined ? undefined : requireTarget(row.target, classes, labels);
  const moments = reader.moments(values, inverse_temperature);
  const of_kept = diagnoseOf(tail === undefined ? moments : withTail(moments, tail), values, tail);
  const diagnosis = tail === undefined ? of_kept : { ...of_kept, top_id: classOf(of_kept.top_id, tail) };
  const is_confidently_wrong = target !== undefined && confidentlyWrong(diagnosis, target);
  const suspected = baseline === undefined ? undefined : suspicion(diagnosis, baseline);
  tally.add(diagnosis, {
    ...(target !== undefined && { is_right: diagnosis.top_id === target, is_confidently_wrong }),
    ...(suspected !== undefined && { is_suspicious: suspected.suspicious }),
  });
  return () => ({
    ...diagnosis,
    ...(labels !== undefined && { label: labels[diagnosis.top_id]! }),
    ...(target !== undefined && { confidently_wrong: is_confidently_wrong }),
    ...suspected,
  });
}

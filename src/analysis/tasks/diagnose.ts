/** Figures and a verdict for each row; with a baseline, whether it is suspicious. */
import { type Baseline, suspicion } from "../baseline.ts";
import { confidentlyWrong, diagnoseOf } from "../diagnose.ts";
import { asClasses, checkLabels, requireTarget, type Task, type TaskContext, type TaskRow } from "./task.ts";

export interface DiagnoseOptions {
  readonly labels: readonly string[] | undefined;
  readonly baseline: Baseline | undefined;
}

export function diagnoseTask(context: TaskContext, options: DiagnoseOptions): Task {
  const results: unknown[] = [];
  return {
    take(row) {
      results.push(diagnoseRow(context, options, row));
    },
    *finish() {
      yield;
      return context.single ? results[0] : { results };
    },
  };
}

function diagnoseRow(
  { reader, inverse_temperature }: TaskContext,
  { labels, baseline }: DiagnoseOptions,
  row: TaskRow,
) {
  const values = asClasses(row.values);
  checkLabels(labels, values.length);
  const diagnosis = diagnoseOf(reader.moments(values, inverse_temperature), values);
  return {
    ...diagnosis,
    ...(labels !== undefined && { label: labels[diagnosis.top_id]! }),
    ...(row.target !== undefined && {
      confidently_wrong: confidentlyWrong(diagnosis, requireTarget(row.target, values.length, labels)),
    }),
    ...(baseline !== undefined && suspicion(diagnosis, baseline)),
  };
}

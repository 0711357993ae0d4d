/** Makes a baseline for /v1/diagnose from the figures of clean rows. */
import { fitBaselineInSlices } from "../baseline.ts";
import { type Diagnosis, diagnoseOf } from "../diagnose.ts";
import { asClasses, checkTargetIfAny, type Task, type TaskContext } from "./task.ts";

export interface BaselineOptions {
  readonly false_positive_rate: number;
  readonly temperature: number;
}

export function baselineTask({ reader, inverse_temperature }: TaskContext, options: BaselineOptions): Task {
  const diagnoses: Diagnosis[] = [];
  return {
    take(row) {
      checkTargetIfAny(row);
      const values = asClasses(row.values);
      diagnoses.push(diagnoseOf(reader.moments(values, inverse_temperature), values));
    },
    *finish() {
      const { false_positive_rate, temperature } = options;
      return { baseline: yield* fitBaselineInSlices(diagnoses, false_positive_rate, temperature) };
    },
  };
}

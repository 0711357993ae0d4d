/**
 * Wraps a task for rows that a calibration has scaled class by class. The single temperature is left to the reader of
 * the rows.
 */
import { Problem } from "../../errors.ts";
import { RowScaler } from "../calibration/row-scaler.ts";
import type { ClassScaling } from "../calibration/scaling.ts";
import { plainReader } from "../row-reader.ts";
import type { Task, TaskContext } from "./task.ts";

/** A task that receives scaled rows; without a scaling, the task itself. */
export function scaledTask<Kind extends Task>(
  context: TaskContext,
  scaling: ClassScaling | undefined,
  begin: (context: TaskContext) => Kind,
): Kind {
  if (scaling === undefined) return begin(context);
  const scaler = new RowScaler(scaling);
  const task = begin({ ...context, reader: plainReader });
  return {
    ...task,
    take(row) {
      if (row.tail !== undefined) throw needsAllClasses();
      task.take({ ...row, values: scaler.scale(row.values), unscaled: row.values });
    },
  };
}

export function needsAllClasses(): Problem {
  const detail = "a calibration that tells classes apart needs all classes of a row, got only its best";
  return new Problem("option_conflict", detail, "/calibration");
}

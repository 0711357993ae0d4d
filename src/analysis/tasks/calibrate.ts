/**
 * Collects a labelled set and calibrates on it. The logits are kept once, as float32; everything else is a few numbers
 * for each row.
 */
import { Problem } from "../../errors.ts";
import { type CalibrateOptions, calibrateInSlices } from "../calibration/calibrate.ts";
import type { LabelledLogits } from "../calibration/labelled.ts";
import { asClasses, requireTarget, type Task, type TaskContext, type TaskRow } from "./task.ts";

export function calibrateTask({ reader, values_expected }: TaskContext, options: CalibrateOptions): Task {
  const set = new GrowingSet(values_expected);
  return {
    take(row) {
      const values = asClasses(row.values);
      const target = requireTarget(row.target, values.length);
      reader.score(values, target, 1);
      set.add(values, target);
    },
    *finish() {
      const { temperature: _, ...account } = yield* calibrateInSlices(set.labelled(), options, reader);
      return account;
    },
  };
}

/** Rows of one length with their classes, in a buffer of the expected size, which doubles when it is full. */
class GrowingSet {
  #values: Float32Array;
  #targets: number[] = [];
  #classes = 0;

  constructor(values_expected: number) {
    this.#values = new Float32Array(Math.max(4096, values_expected));
  }

  add(row: TaskRow["values"], target: number): void {
    if (this.#targets.length === 0) this.#classes = row.length;
    if (row.length !== this.#classes) {
      const detail = `all rows must hold as many logits as the first, ${this.#classes}, got ${row.length}`;
      throw new Problem("length_mismatch", detail, "/logits");
    }
    const at = this.#targets.length * this.#classes;
    if (at + row.length > this.#values.length) this.#grow(at + row.length);
    this.#values.set(row, at);
    this.#targets.push(target);
  }

  labelled(): LabelledLogits {
    const values = this.#values.subarray(0, this.#targets.length * this.#classes);
    return { values, classes: this.#classes, targets: Int32Array.from(this.#targets) };
  }

  #grow(length: number): void {
    const larger = new Float32Array(Math.max(length, 2 * this.#values.length));
    larger.set(this.#values);
    this.#values = larger;
  }
}

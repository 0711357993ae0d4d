/** Scales rows of logits with a calibration that has parameters per class, in float64. */
import type { Logits } from "../moments.ts";
import { type ClassScaling, requireClasses, scaledLogit } from "./scaling.ts";

/** Scales rows, one after the other, in the same memory. */
export class RowScaler {
  readonly #scaling: ClassScaling;
  readonly #scaled: Float64Array;

  constructor(scaling: ClassScaling) {
    this.#scaling = scaling;
    this.#scaled = new Float64Array(scaling.biases.length);
  }

  /**
   * Valid until the next call. A single logit is that of the second of two classes; the first has logit 0.
   */
  scale(row: Logits): Float64Array {
    const scaled = this.#scaled;
    const scaling = this.#scaling;
    requireClasses(scaling, Math.max(2, row.length));
    if (row.length === 1)
      return Float64Array.of(scaledLogit(scaling, 1, row[0]!) - scaledLogit(scaling, 0, 0));
    for (let i = 0; i < scaled.length; i++) scaled[i] = scaledLogit(scaling, i, row[i]!);
    return scaled;
  }
}

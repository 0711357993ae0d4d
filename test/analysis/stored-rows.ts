/** Reads the logits of real data that examples/real-data stored: integers in a unit, as float32 rows. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import type { LabelledLogits } from "../../src/analysis/index.ts";

interface StoredRows {
  readonly rows: number;
  readonly classes: number;
  readonly unit: number;
  readonly logits: string;
  readonly targets: string;
}

export function readVectors<Part extends string>(name: string): Record<Part, StoredRows> & StoredRows {
  const url = new URL(`../vectors/analysis/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** Rows as they would arrive on the wire; a single logit x becomes (0, x). */
export function storedSet({ rows, classes, unit, logits, targets }: StoredRows): LabelledLogits {
  const steps = new Int16Array(new Uint8Array(Buffer.from(logits, "base64")).buffer);
  const width = Math.max(2, classes);
  const values = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < classes; c++)
      values[r * width + width - classes + c] = steps[r * classes + c]! * unit;
  }
  const ids = new Uint16Array(new Uint8Array(Buffer.from(targets, "base64")).buffer);
  return { values, classes: width, targets: Int32Array.from(ids) };
}

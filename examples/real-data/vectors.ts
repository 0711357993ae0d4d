/**
 * Logits in small: 16-bit integers in a stated unit, in base64. Rounding to the unit happens before anything is
 * computed from them, so a test that reads them sees exactly what was stored.
 */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { LabelledLogits } from "../../src/analysis/index.ts";

interface StoredRows {
  readonly rows: number;
  readonly classes: number;
  /** value of one step of the integers */
  readonly unit: number;
  /** rows × classes int16, little-endian, base64 */
  readonly logits: string;
  /** one uint16 a row: the class that came */
  readonly targets: string;
}

export function storeRows(
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
  unit: number,
): StoredRows {
  const classes = rows[0]?.length ?? 0;
  const steps = new Int16Array(rows.length * classes);
  rows.forEach((row, r) => {
    for (let c = 0; c < classes; c++)
      steps[r * classes + c] = Math.round(within(row[c]!, 32767 * unit) / unit);
  });
  return {
    rows: rows.length,
    classes,
    unit,
    logits: Buffer.from(steps.buffer).toString("base64"),
    targets: Buffer.from(Uint16Array.from(targets).buffer).toString("base64"),
  };
}

export async function writeVectors(name: string, value: unknown): Promise<void> {
  await writeFile(urlOf(name), `${JSON.stringify(value, null, 1)}\n`);
}

/** Stored rows as float32, as they would arrive on the wire; a single logit x becomes (0, x). */
export function readRows(name: string, part?: string): LabelledLogits {
  const file = JSON.parse(readFileSync(urlOf(name), "utf8"));
  const { rows, classes, unit, logits, targets }: StoredRows = part === undefined ? file : file[part];
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

function urlOf(name: string): URL {
  return new URL(`../../test/vectors/analysis/${name}.json`, import.meta.url);
}

function within(x: number, most: number): number {
  return Math.max(-most, Math.min(most, x));
}

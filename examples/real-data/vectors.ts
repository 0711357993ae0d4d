/**
 * Logits in small: 16-bit integers in a stated unit, in base64. Rounding to the unit happens before anything is
 * computed from them, so a test that reads them sees exactly what was stored.
 */
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface StoredRows {
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
  const path = fileURLToPath(new URL(`../../test/vectors/analysis/${name}.json`, import.meta.url));
  await writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
}

function within(x: number, most: number): number {
  return Math.max(-most, Math.min(most, x));
}

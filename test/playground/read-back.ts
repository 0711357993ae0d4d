/** The contents of a page's row, for comparison in tests. */
import type { PageRow } from "../../playground/src/rows/row.ts";

export function floats({ bytes, vocab_size }: PageRow): number[] {
  return [...new Float32Array(bytes.buffer, bytes.byteOffset, vocab_size)];
}

export function labels({ vocab_size, labelOf }: PageRow): (string | undefined)[] {
  return Array.from({ length: vocab_size }, (_, i) => labelOf(i));
}

export function rounded(numbers: readonly number[]): number[] {
  return numbers.map((x) => (Number.isFinite(x) ? Number(x.toFixed(4)) : x));
}

/** Random rows of logits: flat ones, in which every token may be drawn. */
import type { Seeded } from "./seeded.ts";

/** Rows of independent normal logits. */
export function normalRows(count: number, vocab_size: number, sigma: number, seeded: Seeded): Float32Array[] {
  const normal = () => {
    const radius = Math.sqrt(-2 * Math.log(1 - seeded.unit()));
    return sigma * radius * Math.cos(2 * Math.PI * seeded.unit());
  };
  return Array.from({ length: count }, () => Float32Array.from({ length: vocab_size }, normal));
}

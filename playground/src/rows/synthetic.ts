/**
 * A row as large as a present-day vocabulary, 128,256 logits, computed on the page: normal noise like a model's, and a
 * few dozen tokens above it. It is the same every time, so that links and tests can rely on it.
 */
import { type PageRow, rowOfLogits } from "./row.ts";

const VOCAB_SIZE = 128_256;
const STANDING_OUT = 80;

export function syntheticRow(): PageRow {
  const next = numbers(20);
  const logits = new Float32Array(VOCAB_SIZE);
  for (let i = 0; i < VOCAB_SIZE; i++) logits[i] = -1 + 4 * (next() + next() + next() - 1.5);
  for (let i = 0; i < STANDING_OUT; i++)
    logits[Math.floor(next() * VOCAB_SIZE)] = 13.5 - 1.15 * Math.log(i + 1 + next());
  return rowOfLogits(logits);
}

/** Uniform numbers of [0, 1): a 32-bit linear congruential generator, good enough for a picture. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
